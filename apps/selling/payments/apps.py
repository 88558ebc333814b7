"""Django's entry for payments."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "apps.selling.payments"
    label = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        from . import alerts, events, handlers, policies  # noqa: F401
