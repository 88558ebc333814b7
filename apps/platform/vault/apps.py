from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VaultConfig(AppConfig):
    name = "apps.platform.vault"
    label = "vault"
    verbose_name = _("Secrets")

    def ready(self) -> None:
        from apps.platform.vault import checks, policies  # noqa: F401  (registers checks, declares permissions)
