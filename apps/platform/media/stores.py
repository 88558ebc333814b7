"""Where the bytes lie: a folder of this machine, or an S3-compatible server through django-storages.

Both give addresses that end: one for a single PUT of an exact size and type, one for reading. The folder's own
addresses lead to `views.py` and carry a signature made with SECRET_KEY.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import IO, Any, Protocol, cast
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.errors import DomainError

UPLOAD_SALT = "monidesk.media.upload"
READ_SALT = "monidesk.media.read"


class StorageUnavailable(Exception):
    """The storage refuses or does not answer; try again later."""


class FilesUnreachable(DomainError):
    """The same, as a door says it."""

    status = 503
    default_code = "storage_unavailable"
    default_message = _("The storage does not answer. Try again in a moment.")


class Store(Protocol):
    """What the pipeline needs of a storage."""

    def put_address(self, key: str, content_type: str, size: int, valid_for: dt.timedelta) -> str: ...
    def read_address(
        self, key: str, content_type: str, valid_for: dt.timedelta, download_as: str = ""
    ) -> str: ...
    def size_of(self, key: str) -> int | None: ...
    def open(self, key: str) -> IO[bytes]: ...
    def write(self, key: str, content: IO[bytes]) -> int: ...
    def remove(self, key: str) -> None: ...


class PrivateFolder(FileSystemStorage):
    """FILES_ROOT, which no web server hands out; MEDIA_ROOT is for what anybody may see."""

    @property
    def base_location(self) -> Any:
        return settings.FILES_ROOT

    @property
    def location(self) -> Any:
        return os.path.abspath(self.base_location)


class _ThroughStorage:
    """Reading, writing and removing, the same for every django storage."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage

    def size_of(self, key: str) -> int | None:
        try:
            return int(self.storage.size(key)) if self.storage.exists(key) else None
        except Exception as error:
            raise StorageUnavailable(str(error)) from error

    def open(self, key: str) -> IO[bytes]:
        try:
            return cast(IO[bytes], self.storage.open(key, "rb"))
        except Exception as error:
            raise StorageUnavailable(str(error)) from error

    def write(self, key: str, content: IO[bytes]) -> int:
        """Put `content` at exactly `key`, over what was there; returns its size as storage sees it."""
        try:
            self._put(key, content)
            return int(self.storage.size(key))
        except Exception as error:
            raise StorageUnavailable(str(error)) from error

    def _put(self, key: str, content: IO[bytes]) -> None:
        raise NotImplementedError

    def remove(self, key: str) -> None:
        """Remove, and make sure: raises `StorageUnavailable` when it is still there."""
        try:
            self.storage.delete(key)
            still_there = self.storage.exists(key)
        except Exception as error:
            raise StorageUnavailable(str(error)) from error
        if still_there:
            raise StorageUnavailable(f"{key} is still there")


class FolderStore(_ThroughStorage):
    """A folder of this machine."""

    def put_address(self, key: str, content_type: str, size: int, valid_for: dt.timedelta) -> str:
        token = _sign({"k": key, "t": content_type, "s": size}, valid_for, UPLOAD_SALT)
        return settings.PUBLIC_BASE_URL.rstrip("/") + reverse("media:upload", args=[token])

    def read_address(
        self, key: str, content_type: str, valid_for: dt.timedelta, download_as: str = ""
    ) -> str:
        return reverse(
            "media:read", args=[_sign({"k": key, "t": content_type, "n": download_as}, valid_for, READ_SALT)]
        )

    def _put(self, key: str, content: IO[bytes]) -> None:
        path = Path(self.storage.path(key))
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".draft")
        with draft.open("wb") as file:
            for chunk in File(content).chunks():
                file.write(chunk)
        # Half a file never stands under its name: a reader or a killed worker finds the whole one or none.
        os.replace(draft, path)


class S3Store(_ThroughStorage):
    """A bucket; its addresses are made by the client library and need no call."""

    def put_address(self, key: str, content_type: str, size: int, valid_for: dt.timedelta) -> str:
        values = {"ContentType": content_type, "ContentLength": size}
        return self._presign("put_object", key, values, valid_for)

    def read_address(
        self, key: str, content_type: str, valid_for: dt.timedelta, download_as: str = ""
    ) -> str:
        shown = f"attachment; filename*=UTF-8''{quote(download_as)}" if download_as else "inline"
        values = {"ResponseContentType": content_type, "ResponseContentDisposition": shown}
        return self._presign("get_object", key, values, valid_for)

    def _presign(self, what: str, key: str, values: dict[str, Any], valid_for: dt.timedelta) -> str:
        client = self.storage.connection.meta.client
        found = {"Bucket": self.storage.bucket_name, "Key": key, **values}
        return str(
            client.generate_presigned_url(what, Params=found, ExpiresIn=int(valid_for.total_seconds()))
        )

    def _put(self, key: str, content: IO[bytes]) -> None:
        self.storage.bucket.Object(key).upload_fileobj(content)


def get_store() -> Store:
    """The store of private files, as settings say."""
    storage: Any = storages["files"]
    return FolderStore(storage) if isinstance(storage, FileSystemStorage) else S3Store(storage)


def _sign(values: dict[str, Any], valid_for: dt.timedelta, salt: str) -> str:
    ends_at = int((clock.now() + valid_for).timestamp())
    return signing.dumps({**values, "e": ends_at}, salt=salt, compress=True)


def read_token(token: str, salt: str) -> dict[str, Any] | None:
    """What a signed address says, or None when it is forged or has ended."""
    try:
        values: dict[str, Any] = signing.loads(token, salt=salt)
    except signing.BadSignature:
        return None
    return values if values["e"] >= clock.now().timestamp() else None
