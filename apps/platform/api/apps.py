"""The app behind /api/v1/."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "apps.platform.api"
    label = "api"
    verbose_name = "API"

    def ready(self) -> None:
        """Tell the schema generator about our own ways of signing in."""
        from . import schema  # noqa: F401
