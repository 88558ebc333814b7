"""Django's entry for history."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HistoryConfig(AppConfig):
    name = "apps.selling.history"
    label = "history"
    verbose_name = _("Sales of the past")

    def ready(self) -> None:
        from apps.goods.imports.kinds import register_kind

        from . import events, policies  # noqa: F401
        from .kind import SALES

        register_kind(SALES)
