"""Django's entry for shipping."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShippingConfig(AppConfig):
    name = "apps.selling.shipping"
    label = "shipping"
    verbose_name = _("Delivery")

    def ready(self) -> None:
        from . import handlers, policies  # noqa: F401
