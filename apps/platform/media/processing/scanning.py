"""The virus scanner: ClamAV's daemon, spoken to over its own protocol when `MEDIA_CLAMD` says where it listens.

`unix:/var/run/clamav/clamd.ctl` or `tcp:127.0.0.1:3310`. When one is configured and does not answer, files wait:
none becomes ready unscanned.
"""

from __future__ import annotations

import re
import socket
import struct
from typing import IO, Protocol

from django.conf import settings

_CHUNK = 64 * 1024
_SECONDS = 120


class ScannerUnavailable(Exception):
    """The scanner does not answer or cannot scan; try again later."""


class VirusScanner(Protocol):
    """Looks into a file."""

    def find_virus(self, file: IO[bytes]) -> str: ...


class Clamd:
    """ClamAV by INSTREAM: length-prefixed pieces, an empty one at the end, one line back."""

    def __init__(self, address: str) -> None:
        self.kind, _colon, self.place = address.partition(":")

    def find_virus(self, file: IO[bytes]) -> str:
        """The virus's name, or nothing. Raises `ScannerUnavailable`."""
        try:
            with self._connect() as connection:
                connection.sendall(b"zINSTREAM\x00")
                while piece := file.read(_CHUNK):
                    connection.sendall(struct.pack("!I", len(piece)) + piece)
                connection.sendall(struct.pack("!I", 0))
                answer = connection.makefile("rb").read(4096).rstrip(b"\x00\n").decode("utf-8", "replace")
        except OSError as error:
            raise ScannerUnavailable(str(error)) from error
        if found := re.fullmatch(r"stream: (.+) FOUND", answer):
            return found.group(1)
        if answer == "stream: OK":
            return ""
        raise ScannerUnavailable(answer or "no answer")

    def _connect(self) -> socket.socket:
        if self.kind == "unix":
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(_SECONDS)
            connection.connect(self.place)
            return connection
        host, _colon, port = self.place.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=_SECONDS)


def get_scanner() -> VirusScanner | None:
    """The scanner in use, or None when none is configured."""
    return Clamd(settings.MEDIA_CLAMD) if settings.MEDIA_CLAMD else None
