from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "apps.platform.privacy"
    label = "privacy"
    verbose_name = _("Privacy")

    def ready(self) -> None:
        from apps.kernel import privacy
        from apps.platform.privacy import policies  # noqa: F401  (declares permissions)

        privacy.load()
