"""Django's entry for promotions."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PromotionsConfig(AppConfig):
    name = "apps.selling.promotions"
    label = "promotions"
    verbose_name = _("Promotions")

    def ready(self) -> None:
        from . import policies  # noqa: F401
