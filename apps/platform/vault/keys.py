"""The keys that secrets are encrypted with: from the environment, or on one's own machine from a file.

`VAULT_KEYS` is a comma-separated list of `version:key`, each key 32 random bytes in base64 (`make_vault_key` prints
one). The first encrypts, all decrypt. Only outside production, and only when the variable is empty, a key is made
in `VAULT_KEY_FILE`, readable by its owner alone.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel.errors import DomainError

KEY_BYTES = 32
_VERSION = re.compile(r"[A-Za-z0-9_.-]{1,32}")


class VaultUnavailable(DomainError):
    """The vault cannot be used: no keys, or keys that cannot be read. `message` never holds a key."""

    status = 503
    default_code = "vault_unavailable"


@sensitive_variables()
def new_key(version: str) -> str:
    """A fresh key in the form that `VAULT_KEYS` takes."""
    return f"{version}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


def current_version() -> str:
    """The version of the key that encrypts now. Raises `VaultUnavailable` without keys."""
    return next(iter(keyring()))


@sensitive_variables()
def find_key(version: str) -> bytes | None:
    """The key of a version, or None when it is not among those given."""
    return keyring().get(version)


@sensitive_variables()
def keyring() -> dict[str, bytes]:
    """All keys by version, the encrypting one first. Raises `VaultUnavailable`."""
    text = settings.VAULT_KEYS
    if text:
        return parse_keys(text)
    if settings.PRODUCTION:
        raise VaultUnavailable(
            _("The vault has no keys."), remedy=_("Set VAULT_KEYS; `manage.py make_vault_key` makes a key.")
        )
    return parse_keys(_own_keys(Path(settings.VAULT_KEY_FILE)))


@sensitive_variables()
@lru_cache(maxsize=8)
def parse_keys(text: str) -> dict[str, bytes]:
    """Read `version:key,version:key`. Raises `VaultUnavailable` that says which entry is wrong, by its place."""
    found: dict[str, bytes] = {}
    for place, entry in enumerate((part for part in text.split(",") if part.strip()), start=1):
        version, _colon, key = entry.strip().partition(":")
        if not _VERSION.fullmatch(version):
            raise VaultUnavailable(
                _("Entry %(place)s of VAULT_KEYS has no version before a colon.") % {"place": place}
            )
        try:
            raw = base64.b64decode(key, validate=True)
        except binascii.Error:
            raw = b""
        if len(raw) != KEY_BYTES:
            raise VaultUnavailable(
                _("Key %(version)s of VAULT_KEYS is not 32 bytes in base64.") % {"version": version}
            )
        if version in found:
            raise VaultUnavailable(_("VAULT_KEYS names key %(version)s twice.") % {"version": version})
        found[version] = raw
    if not found:
        raise VaultUnavailable(_("VAULT_KEYS holds no key."))
    return found


@sensitive_variables()
def _own_keys(path: Path) -> str:
    """The keys of the machine's own file."""
    return made_once(path, lambda: new_key("1")).replace("\n", ",")


@sensitive_variables()
def made_once(path: Path, make: Callable[[], str]) -> str:
    """What a file holds that only its owner reads, made at first use. Two processes at once get the same file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600 from the start
        try:
            with os.fdopen(handle, "w") as file:
                file.write(make() + "\n")
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text().strip()
