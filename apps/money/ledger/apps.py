"""Django's entry for the ledger."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """Registers permissions, handlers and back-office doors when Django starts."""

    name = "apps.money.ledger"
    label = "ledger"
    verbose_name = _("Ledger")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the modules that register themselves."""
        import_module("apps.money.ledger.policies")
        import_module("apps.money.ledger.handlers")
