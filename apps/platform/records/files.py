"""An archive file: written from the database's own words, signed, and checked by the database's own digest.

Gzipped JSON lines: a header (chain, first and last number, digests at both ends, count), an entry a line, and last a
seal: the digest of everything before it, signed with an Ed25519 key made of a key of the vault.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import connection
from django.utils.dateparse import parse_datetime
from django.views.decorators.debug import sensitive_variables

from apps.kernel import clock
from apps.kernel.audit import PLATFORM_CHAIN
from apps.kernel.ids import new_id
from apps.platform.media.stores import StorageUnavailable, get_store
from apps.platform.records.models import AuditArchive
from apps.platform.vault.keys import current_version, find_key

FORMAT = "monidesk-audit-1"
BATCH = 500
_PURPOSE = b"monidesk.audit.archive.1"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an archive: the file, and the entry when one can be named."""

    chain: UUID
    file: str
    fault: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """An archive as it was written, plain values."""

    chain: UUID
    first_sequence: int
    last_sequence: int
    previous_digest: bytes
    last_digest: bytes
    content_digest: bytes
    first_at: Any
    last_at: Any
    file: str
    size: int
    sha256: str
    key_version: str
    public_key: str

    def as_row(self) -> AuditArchive:
        """The row that speaks of the file; not saved."""
        return AuditArchive(**asdict(self))


@sensitive_variables()
def signing_key(version: str) -> Ed25519PrivateKey | None:
    """The key that archives are signed with under a version of the vault's keys; None when that is not there."""
    key = find_key(version)
    if key is None:
        return None
    seed = HKDF(hashes.SHA256(), 32, salt=None, info=_PURPOSE).derive(key)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _public(key: Ed25519PrivateKey) -> str:
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return raw.hex()


def write_archive(chain: UUID, first: int, last: int) -> Written:
    """Write the live entries from `first` to `last` into a signed file. Called under the chain's own binding."""
    place = "platform" if chain == PLATFORM_CHAIN else str(chain)
    # A name of its own for each try: one that fails, or comes second, must not touch the file of another.
    file = f"{place}/audit/{first:012d}-{last:012d}-{new_id().hex[-8:]}.jsonl.gz"
    ends = {number: _entry(chain, number) for number in {first, last}}
    header: dict[str, Any] = {
        "format": FORMAT,
        "chain": str(chain),
        "first": first,
        "last": last,
        "count": last - first + 1,
        "previous_digest": _hex(ends[first]["previous_digest"]),
        "last_digest": _hex(ends[last]["digest"]),
        "written_at": clock.now().isoformat(),
    }
    version = current_version()
    key = signing_key(version)
    assert key is not None  # noqa: S101 - the current key is one of them
    content, all_of_it = b"", hashlib.sha256()
    with tempfile.TemporaryFile() as target:
        with gzip.GzipFile(fileobj=target, mode="wb", mtime=0) as packed:
            line = _line(header)
            all_of_it.update(line)
            packed.write(line)
            for text, digest in _rows(chain, first, last):
                line = text.encode() + b"\n"
                all_of_it.update(line)
                packed.write(line)
                content = hashlib.sha256(content + digest).digest()
            seal = {
                "content_digest": content.hex(),
                "sha256": all_of_it.hexdigest(),
                "algorithm": "Ed25519",
                "key": version,
                "signature": key.sign(_PURPOSE + all_of_it.digest()).hex(),
            }
            packed.write(_line(seal))
        target.seek(0)
        sha256 = hashlib.file_digest(target, "sha256").hexdigest()
        target.seek(0)
        size = get_store().write(file, target)
    return Written(
        chain, first, last, bytes.fromhex(header["previous_digest"]), bytes.fromhex(header["last_digest"]), content,
        parse_datetime(ends[first]["at"]), parse_datetime(ends[last]["at"]), file, size, sha256, version, _public(key),
    )  # fmt: skip


def faults_of_file(archive: AuditArchive) -> list[Fault]:
    """What is wrong with the file an archive's row speaks of; each entry that does not hold is named."""
    try:
        if get_store().size_of(archive.file) is None:
            return [_fault(archive, "the file is missing")]
        with get_store().open(archive.file) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != archive.sha256:  # type: ignore[arg-type]
                return [_fault(archive, "the file was changed"), *_read(archive)]
        return _read(archive)
    except StorageUnavailable as error:
        return [_fault(archive, f"the storage does not answer: {error}")]


def _read(archive: AuditArchive) -> list[Fault]:
    try:
        with get_store().open(archive.file) as file:
            return list(_faults_inside(archive, file))
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        return [_fault(archive, f"the file cannot be read: {type(error).__name__}")]


def _faults_inside(archive: AuditArchive, file: IO[bytes]) -> Iterator[Fault]:
    all_of_it, content = hashlib.sha256(), b""
    expected, previous = archive.first_sequence, bytes(archive.previous_digest)
    lines = iter(gzip.GzipFile(fileobj=file))
    first = next(lines)
    all_of_it.update(first)
    if fault := _header_fault(archive, json.loads(first)):
        yield _fault(archive, fault)
    held = next(lines)
    batch: list[dict[str, Any]] = []
    for line in lines:
        all_of_it.update(held)
        batch.append(json.loads(held))
        held = line
        if len(batch) == BATCH:
            yield from _entry_faults(archive, batch, expected, previous)
            content, expected, previous = _after(batch, content, expected)
            batch = []
    if batch:
        yield from _entry_faults(archive, batch, expected, previous)
        content, expected, previous = _after(batch, content, expected)
    if expected != archive.last_sequence + 1 or previous != bytes(archive.last_digest):
        yield _fault(archive, f"ends at entry {expected - 1} instead of {archive.last_sequence}")
    yield from _seal_faults(archive, json.loads(held), content, all_of_it.digest())


def _header_fault(archive: AuditArchive, header: dict[str, Any]) -> str:
    said = {
        "format": FORMAT,
        "chain": str(archive.chain),
        "first": archive.first_sequence,
        "last": archive.last_sequence,
        "count": archive.count,
        "previous_digest": bytes(archive.previous_digest).hex(),
        "last_digest": bytes(archive.last_digest).hex(),
    }
    wrong = [name for name, value in said.items() if header.get(name) != value]
    return f"its header says another {', '.join(wrong)}" if wrong else ""


_CHECK = """
    SELECT (entry).sequence, (entry).digest = kernel_audit_digest(entry) AND ((entry).seal = 1
        OR (entry).redacted_at IS NOT NULL OR (entry).personal_digest = kernel_audit_personal_digest(entry))
    FROM (SELECT jsonb_populate_record(NULL::kernel_auditentry, line) AS entry
          FROM jsonb_array_elements(%s::jsonb) AS line) lines
"""


def _entry_faults(
    archive: AuditArchive, batch: list[dict[str, Any]], expected: int, previous: bytes
) -> Iterator[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(_CHECK, [json.dumps(batch)])
        holds = dict(cursor.fetchall())
    for row in batch:
        number = row["sequence"]
        if number != expected:
            yield _fault(archive, "missing before", number)
        elif not holds.get(number):
            yield _fault(archive, "changed", number)
        elif bytes.fromhex(_hex(row["previous_digest"])) != previous or row["chain"] != str(archive.chain):
            yield _fault(archive, "unlinked", number)
        expected, previous = number + 1, bytes.fromhex(_hex(row["digest"]))


def _after(batch: list[dict[str, Any]], content: bytes, expected: int) -> tuple[bytes, int, bytes]:
    digest = b""
    for row in batch:
        digest = bytes.fromhex(_hex(row["digest"]))
        content = hashlib.sha256(content + digest).digest()
    return content, batch[-1]["sequence"] + 1, digest


def _seal_faults(
    archive: AuditArchive, seal: dict[str, Any], content: bytes, digest: bytes
) -> Iterator[Fault]:
    if content != bytes(archive.content_digest) or seal.get("content_digest") != content.hex():
        yield _fault(archive, "holds other entries than were archived")
    key = signing_key(archive.key_version)
    public = _public(key) if key is not None else archive.public_key
    if archive.public_key != public:
        yield _fault(archive, "was signed with another key")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(
            bytes.fromhex(seal["signature"]), _PURPOSE + digest
        )
    except (InvalidSignature, ValueError, KeyError):
        yield _fault(archive, "its signature does not hold")


def _fault(archive: AuditArchive, fault: str, sequence: int | None = None) -> Fault:
    return Fault(archive.chain, archive.file, fault, sequence)


def _rows(chain: UUID, first: int, last: int) -> Iterator[tuple[str, bytes]]:
    """The entries as the database writes them, a batch at a time, so that it can read them again to the letter."""
    while first <= last:
        upto = min(last, first + BATCH - 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT to_jsonb(entry)::text, digest FROM kernel_auditentry entry "
                "WHERE chain = %s AND sequence BETWEEN %s AND %s ORDER BY sequence",
                [chain, first, upto],
            )
            yield from ((text, bytes(digest)) for text, digest in cursor.fetchall())
        first = upto + 1


def _entry(chain: UUID, number: int) -> dict[str, Any]:
    for text, _digest in _rows(chain, number, number):
        found: dict[str, Any] = json.loads(text)
        return found
    raise ValueError(f"the chain {chain} has no entry {number}")


def _hex(value: str) -> str:
    """`\\x00ff`, as the database writes bytes in JSON, without its mark."""
    return value.removeprefix("\\x")


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
