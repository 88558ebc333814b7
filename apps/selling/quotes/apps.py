from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuotesConfig(AppConfig):
    name = "apps.selling.quotes"
    label = "quotes"
    verbose_name = _("Quotes")

    def ready(self) -> None:
        # Permissions, event types and limits register themselves at import.
        for module in ("policies", "events"):
            import_module(f"{self.name}.{module}")
