"""Django's entry for returns."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReturnsConfig(AppConfig):
    name = "apps.selling.returns"
    label = "returns"
    verbose_name = _("Returns")

    def ready(self) -> None:
        from . import handlers, policies  # noqa: F401
