"""The door for programs: every resource of /api/v1/, each from its own context."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from apps.platform.api import told
from apps.platform.api.pages import DocsView, SchemaView, unknown_address
from apps.platform.api.tokens import RefreshView, RevokeView, TokenView

app_name = "api"
DOORS = [
    "apps.platform.records",
    "apps.platform.media",
    "apps.platform.fields",
    "apps.goods.catalog",
    "apps.goods.inventory",
    "apps.goods.warehouse",
    "apps.goods.purchasing",
    "apps.goods.imports",
    "apps.goods.garments",
    "apps.people.customers",
    "apps.selling.pricing",
    "apps.selling.promotions",
    "apps.selling.orders",
    "apps.selling.payments",
    "apps.selling.shipping",
    "apps.selling.credit",
    "apps.selling.returns",
    "apps.selling.checkout",
    "apps.selling.quotes",
    "apps.money.ledger",
    "apps.money.invoicing",
    "apps.money.receivables",
]
router = SimpleRouter()
told.register(router)
for door in DOORS:
    if apps.is_installed(door):
        import_module(f"{door}.api").register(router)

urlpatterns: list[URLPattern | URLResolver] = [
    path("auth/token/", TokenView.as_view(), name="token"),
    path("auth/token/refresh/", RefreshView.as_view(), name="token_refresh"),
    path("auth/token/revoke/", RevokeView.as_view(), name="token_revoke"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    *router.urls,
    # Also an address with a line break, which a dot does not match, is answered as a problem.
    re_path(r"^(?P<rest>[\s\S]*)$", unknown_address, name="unknown"),
]
