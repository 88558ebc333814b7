"""Django's entry for pricing."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PricingConfig(AppConfig):
    name = "apps.selling.pricing"
    label = "pricing"
    verbose_name = _("Pricing")

    def ready(self) -> None:
        from . import handlers, policies  # noqa: F401
