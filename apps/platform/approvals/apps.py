from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    name = "apps.platform.approvals"
    label = "approvals"
    verbose_name = _("Approvals")

    def ready(self) -> None:
        from apps.platform.approvals import handlers  # noqa: F401
