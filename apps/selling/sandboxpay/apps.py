"""Django's entry for the pretend payment company."""

from __future__ import annotations

from django.apps import AppConfig


class SandboxPayConfig(AppConfig):
    name = "apps.selling.sandboxpay"
    label = "sandboxpay"
    verbose_name = "Sandbox Pay"
