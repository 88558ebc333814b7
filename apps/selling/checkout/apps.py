"""Django's entry for checkout."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CheckoutConfig(AppConfig):
    name = "apps.selling.checkout"
    label = "checkout"
    verbose_name = _("Checkout")

    def ready(self) -> None:
        from . import events, handlers, policies  # noqa: F401
