from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "apps.goods.catalog"
    label = "catalog"
    verbose_name = _("Catalog")

    def ready(self) -> None:
        # Permissions, event types and subscribers register themselves at import.
        for module in ("policies", "events", "handlers"):
            import_module(f"{self.name}.{module}")
