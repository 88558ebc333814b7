from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "apps.platform.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from apps.platform.accounts import receivers  # noqa: F401  (connects)
        from apps.platform.accounts.used_codes import remember_long_enough

        remember_long_enough()
