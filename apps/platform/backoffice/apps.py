"""Django's entry: makes our site the admin site and imports every app's admin module."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig, apps
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext_lazy as _


class BackofficeConfig(AppConfig):
    name = "apps.platform.backoffice"
    label = "backoffice"
    verbose_name = _("Back office")

    def ready(self) -> None:
        from django.contrib import admin
        from django.contrib.admin import sites

        from apps.platform.backoffice.saved_views import READ_BESIDE
        from apps.platform.backoffice.selectors import find_across_views
        from apps.platform.backoffice.sites import site
        from apps.platform.businesses.selectors import read_beside_identity

        admin.site = sites.site = site
        read_beside_identity(READ_BESIDE, find_across_views)
        import_module("apps.platform.backoffice.house")
        # Only our own: third-party admins show rows of all tenants.
        for config in apps.get_app_configs():
            if config.name.startswith("apps.") and module_has_submodule(config.module, "admin"):
                import_module(f"{config.name}.admin")
