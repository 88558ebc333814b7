"""Django's entry for gift cards and store credit."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CreditConfig(AppConfig):
    name = "apps.selling.credit"
    label = "credit"
    verbose_name = _("Gift cards and store credit")

    def ready(self) -> None:
        from . import policies  # noqa: F401
