from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    name = "apps.goods.inventory"
    label = "inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        # Permissions, event types and subscribers register themselves at import.
        for module in ("policies", "events", "handlers", "alerts"):
            import_module(f"{self.name}.{module}")
