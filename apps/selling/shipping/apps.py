"""Django's entry for shipping."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShippingConfig(AppConfig):
    name = "apps.selling.shipping"
    label = "shipping"
    verbose_name = _("Delivery")

    def ready(self) -> None:
        from apps.goods.imports.beside import register_beside
        from apps.selling.orders.ways import offer_ways
        from apps.selling.payments.providers.deliveries import offer_deliveries

        from . import handlers, policies  # noqa: F401
        from .columns import CUSTOMS
        from .selectors import name_deliveries
        from .ways import ways_of_amendment

        offer_deliveries(name_deliveries)
        offer_ways(ways_of_amendment)
        register_beside(CUSTOMS)
