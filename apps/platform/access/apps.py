"""Django's entry for access."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "apps.platform.access"
    label = "access"
    verbose_name = _("Access for programs")

    def ready(self) -> None:
        from . import policies  # noqa: F401
        from .services import endings  # noqa: F401  (register themselves)
