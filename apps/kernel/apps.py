"""Django's entry for the kernel."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate


class KernelConfig(AppConfig):
    name = "apps.kernel"
    label = "kernel"

    def ready(self) -> None:
        from . import checks, policies  # noqa: F401

        post_migrate.connect(put_up_walls, dispatch_uid="kernel.put_up_walls")


def put_up_walls(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Policies and grants, once, after the last app: whatever was migrated, and in whatever direction."""
    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    connection: Any = connections[using]
    if sender.name == last.name and getattr(connection, "acts_as_owner", False):
        from . import database_roles

        database_roles.install(using)
