"""Django's entry for orders."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "apps.selling.orders"
    label = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from . import alerts, events, handlers, policies, wording  # noqa: F401
