"""Django's entry for orders."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "apps.selling.orders"
    label = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from apps.goods.inventory.channels import offer_channel
        from apps.platform.businesses.channels import Channel
        from apps.selling.payments.owners import register_owner_page

        from . import alerts, events, handlers, history, policies, tracing, waiting_handlers, wording  # noqa: F401

        for channel in Channel:
            offer_channel(channel.value, channel.label)
        register_owner_page("order", "admin:orders_order_change")
