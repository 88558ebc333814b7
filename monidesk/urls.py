"""Every address of the product, one line a door."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []


def mount(route: str, module: str, **kwargs: str) -> None:
    """Add a door when its module stands."""
    app = module.rpartition(".")[0]
    if app.startswith("apps.") and app not in settings.INSTALLED_APPS:
        return
    try:
        found = find_spec(module) is not None
    except ModuleNotFoundError:
        found = False
    if found:
        urlpatterns.append(path(route, include(module)))


mount("api/v1/", "monidesk.api")
mount("", "apps.platform.businesses.urls")
mount("accounts/", "allauth.account.urls")
mount("admin/", "apps.platform.backoffice.urls")
mount("webhooks/payments/", "apps.selling.payments.urls")
mount("sandbox-pay/", "apps.selling.sandboxpay.urls")
mount("documents/", "apps.money.invoicing.urls")
mount("", "apps.selling.storefront.urls")
