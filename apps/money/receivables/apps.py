"""Django's entry for receivables."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReceivablesConfig(AppConfig):
    name = "apps.money.receivables"
    label = "receivables"
    verbose_name = _("Receivables")

    def ready(self) -> None:
        from . import handlers, policies  # noqa: F401
