"""Lasting addresses: pictures that everybody may see, product photos and logos, are kept by browsers and caches.

They lead through the product, so a private bucket stays private, and are answered only while a record shows the picture
to everybody (`Attachment.is_public`). Rows keep the object key; a page makes the address without a query.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import IO, cast
from urllib.parse import quote

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.urls import reverse

from .stores import StorageUnavailable, get_store

# Under one key the picture never changes. Not longer, because a picture that was taken back stays in caches that long.
KEPT_FOR = dt.timedelta(days=30)
# Pictures uploaded before there were files in a library; they lie in the public folder and are read as before.
_FORMER = ("products/", "logos/")


def is_former(key: str) -> bool:
    """Whether the key is one of the time before the library."""
    return key.startswith(_FORMER)


def lasting_address(key: str) -> str:
    """The path under which everybody may read a picture, empty for none."""
    return _prefix() + quote(key) if key else ""


def open_lasting(key: str) -> IO[bytes] | None:
    """The bytes of a picture by its key, None when it is gone or storage does not answer."""
    try:
        if is_former(key):
            return cast(IO[bytes], default_storage.open(key, "rb")) if default_storage.exists(key) else None
        store = get_store()
        return None if store.size_of(key) is None else store.open(key)
    except (OSError, SuspiciousFileOperation, StorageUnavailable):
        return None


@lru_cache(maxsize=1)
def _prefix() -> str:
    return reverse("media:lasting", args=["k"]).removesuffix("k")
