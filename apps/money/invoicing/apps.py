"""Django's entry for invoicing."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicingConfig(AppConfig):
    """Registers permissions and handlers when Django starts."""

    name = "apps.money.invoicing"
    label = "invoicing"
    verbose_name = _("Documents")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the modules that register themselves."""
        import_module("apps.money.invoicing.policies")
        import_module("apps.money.invoicing.handlers")
