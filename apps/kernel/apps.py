"""Django's entry for the kernel."""

from __future__ import annotations

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "apps.kernel"
    label = "kernel"

    def ready(self) -> None:
        from . import policies  # noqa: F401
