from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BusinessesConfig(AppConfig):
    name = "apps.platform.businesses"
    label = "businesses"
    verbose_name = _("Businesses")

    def ready(self) -> None:
        from apps.platform.businesses import events, policies  # noqa: F401  (declares both)
