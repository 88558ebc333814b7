from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "apps.platform.records"
    label = "records"
    verbose_name = _("Audit trail")

    def ready(self) -> None:
        from apps.platform.records import policies  # noqa: F401  (declares permissions)
