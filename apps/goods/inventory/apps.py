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
        self._tell_the_catalogue()

    def _tell_the_catalogue(self) -> None:
        """The catalogue knows no stock: whether a product can be sold, a unit be changed, it is told from here."""
        packs = import_module("apps.goods.catalog.services.packs")
        packs.unit_is_kept_by(import_module(f"{self.name}.selectors").has_moved)
        rules = import_module("apps.goods.catalog.rules")
        rules.offer("in_stock", _("Is in stock"), import_module(f"{self.name}.selectors").can_be_sold)
