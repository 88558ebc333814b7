from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "apps.goods.imports"
    label = "imports"
    verbose_name = _("Imports")

    def ready(self) -> None:
        # Permissions, event types and subscribers register themselves at import.
        for module in ("policies", "events", "handlers"):
            import_module(f"{self.name}.{module}")
