from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AlertsConfig(AppConfig):
    name = "apps.platform.alerts"
    label = "alerts"
    verbose_name = _("Alerts")

    def ready(self) -> None:
        from apps.platform.alerts.selectors import UNREAD, find_across_unread
        from apps.platform.businesses.selectors import read_beside_identity

        read_beside_identity(UNREAD, find_across_unread)
