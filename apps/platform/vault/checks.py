"""`manage.py check --deploy` refuses a production without usable keys."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register

from .keys import VaultUnavailable, parse_keys


@register(Tags.security, deploy=True)
def keys_are_given(app_configs: Any, **options: Any) -> list[Error]:
    """E001: production without VAULT_KEYS; E002: keys that cannot be read."""
    if not settings.VAULT_KEYS:
        if not settings.PRODUCTION:
            return []
        hint = "Make one with `manage.py make_vault_key` and keep it outside of the database's backups."
        return [Error("VAULT_KEYS is not set: secrets could not be saved.", hint=hint, id="vault.E001")]
    try:
        parse_keys(settings.VAULT_KEYS)
    except VaultUnavailable as error:
        return [Error(str(error), id="vault.E002")]
    return []
