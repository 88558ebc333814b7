"""Django's entry for payouts."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PayoutsConfig(AppConfig):
    name = "apps.selling.payouts"
    label = "payouts"
    verbose_name = _("Payouts")

    def ready(self) -> None:
        from apps.goods.imports.kinds import register_kind

        from . import events, handlers, policies  # noqa: F401
        from .kind import PAYOUTS

        register_kind(PAYOUTS)
