from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PurchasingConfig(AppConfig):
    name = "apps.goods.purchasing"
    label = "purchasing"
    verbose_name = _("Purchasing")

    def ready(self) -> None:
        # Permissions, event types and subscribers and what is on its way register themselves at import.
        for module in ("policies", "events", "alerts", "incoming", "low_stock", "tracing"):
            import_module(f"{self.name}.{module}")
