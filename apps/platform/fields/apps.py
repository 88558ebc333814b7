from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FieldsConfig(AppConfig):
    name = "apps.platform.fields"
    label = "fields"
    verbose_name = _("Custom fields")

    def ready(self) -> None:
        # Permissions register themselves at import.
        import_module(f"{self.name}.policies")
