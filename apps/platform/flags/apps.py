from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class FlagsConfig(AppConfig):
    name = "apps.platform.flags"
    label = "flags"
    verbose_name = _("Feature flags")

    def ready(self) -> None:
        # Each app declares its own in its `flags.py`; a worker must know them as well as the web.
        autodiscover_modules("flags")
