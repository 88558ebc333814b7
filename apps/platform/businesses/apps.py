from typing import Any

from django.apps import AppConfig
from django.core.exceptions import FieldDoesNotExist
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate
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
        post_migrate.connect(follow_product, sender=self, dispatch_uid="businesses.follow_product")


def follow_product(using: str, plan: Any = (), apps: Any = None, **kwargs: Any) -> None:
    """Unchanged roles get what the product ships now: after every migrate forward that has come far enough."""
    if using != DEFAULT_DB_ALIAS or any(backwards for _migration, backwards in plan):
        return
    try:
        if apps is not None:
            apps.get_model("businesses", "Role")._meta.get_field("offered")
    except (LookupError, FieldDoesNotExist):
        return  # half-way on the hand's own wish: `migrate businesses 0003`
    from apps.platform.businesses.services.following import follow_product

    follow_product()
