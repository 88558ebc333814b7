"""Django's entry for customers."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "apps.people.customers"
    label = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from . import handlers, policies  # noqa: F401
