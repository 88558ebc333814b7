from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BusinessesConfig(AppConfig):
    name = "apps.platform.businesses"
    label = "businesses"
    verbose_name = _("Businesses")

    def ready(self) -> None:
        from apps.platform.accounts.company import register_gate
        from apps.platform.accounts.services import register_audience
        from apps.platform.businesses import events, notices, policies  # noqa: F401  (registers)
        from apps.platform.businesses.selectors import list_across_workplaces
        from apps.platform.businesses.services.company_sign_in import admit

        register_audience(list_across_workplaces)
        register_gate(admit)
