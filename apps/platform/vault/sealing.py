"""Encryption of one value: AES-256-GCM, bound to where it belongs.

The business, the name and the version are the associated data: a ciphertext copied to another row does not open.
Pure functions over plain values, so that migrations can use them too.
"""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel.errors import DomainError

from .keys import current_version, find_key

_NONCE_BYTES = 12


class SecretUnreadable(DomainError):
    """A stored secret cannot be opened. Names the record, never what is in it."""

    status = 503
    default_code = "secret_unreadable"


@sensitive_variables()
def seal(business_id: UUID | None, name: str, version: int, value: str) -> tuple[str, bytes]:
    """`value` encrypted under the current key: that key's version, and nonce with ciphertext."""
    key_version = current_version()
    key = find_key(key_version)
    assert key is not None  # noqa: S101 - the current key is one of them
    nonce = os.urandom(_NONCE_BYTES)
    bound_to = _bound_to(business_id, name, version, key_version)
    return key_version, nonce + AESGCM(key).encrypt(nonce, value.encode(), bound_to)


@sensitive_variables()
def unseal(business_id: UUID | None, name: str, version: int, key_version: str, sealed: Any) -> str:
    """The value again. Raises `SecretUnreadable` when the key is gone or the row was changed."""
    key = find_key(key_version)
    if key is None:
        raise SecretUnreadable(
            _("The secret %(record)s cannot be opened: its key %(key)s is not among VAULT_KEYS.")
            % {"record": _record(business_id, name, version), "key": key_version},
            code="vault_key_missing",
            remedy=_("Put the key back into VAULT_KEYS, or save the secret anew."),
        )
    sealed = bytes(sealed)  # the database driver may hand out a view
    try:
        bound_to = _bound_to(business_id, name, version, key_version)
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to).decode()
    except (InvalidTag, ValueError):
        # Without `from None` the library's error would carry the ciphertext into a report.
        raise SecretUnreadable(
            _(
                "The secret %(record)s cannot be opened: key %(key)s is another one than it was saved with,"
                " or the row was changed."
            )
            % {"record": _record(business_id, name, version), "key": key_version},
            code="vault_tampered",
            remedy=_("Restore the right key or the row, or save the secret anew."),
        ) from None


def _bound_to(business_id: UUID | None, name: str, version: int, key_version: str) -> bytes:
    return "\x1f".join(["monidesk.vault.1", str(business_id), name, str(version), key_version]).encode()


def _record(business_id: UUID | None, name: str, version: int) -> str:
    return f"{name} v{version} ({business_id})"
