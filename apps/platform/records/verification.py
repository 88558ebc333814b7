"""Whether the whole trail holds: the live chains, the archives, and the seams between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from uuid import UUID

from apps.kernel import tenancy
from apps.kernel.audit import PLATFORM_CHAIN
from apps.kernel.models import AuditAnchor, AuditEntry
from apps.platform.businesses.models import Business
from apps.platform.records.files import Fault, faults_of_file
from apps.platform.records.models import AuditArchive


def describe(entry_ids: list[UUID]) -> dict[UUID, str]:
    """Of each entry its business and what it says was done, for who reads the check's complaints."""
    with tenancy.crossing("audit.verify"):
        found = list(AuditEntry.objects.filter(pk__in=entry_ids).values_list("pk", "chain", "action"))
    names = dict(
        Business.objects.filter(pk__in={chain for _pk, chain, _action in found}).values_list("pk", "name")
    )
    return {pk: f"{names.get(chain, 'the platform')}, {action}" for pk, chain, action in found}


def archive_faults() -> list[Fault]:
    """Every archive that is missing or does not hold, in all chains, and every seam that does not meet."""
    with tenancy.crossing("audit.verify"):
        archives = list(AuditArchive.objects.order_by("chain", "first_sequence"))
        anchors = {anchor.chain: anchor for anchor in AuditAnchor.objects.all()}
    found: list[Fault] = []
    seen: set[UUID] = set()
    for chain, rows in groupby(archives, key=lambda archive: archive.chain):
        seen.add(chain)
        found += _chain_faults(chain, list(rows), anchors.get(chain))
    for chain, anchor in anchors.items():
        if chain not in seen:
            found.append(Fault(chain, "", f"the archives of entries 1 to {anchor.sequence} are missing"))
    return found


def _chain_faults(chain: UUID, archives: list[AuditArchive], anchor: AuditAnchor | None) -> Iterator[Fault]:
    expected, digest = 1, b""
    for archive in archives:
        if archive.first_sequence != expected:
            missing = f"the archive of entries {expected} to {archive.first_sequence - 1} is missing"
            yield Fault(chain, archive.file, missing)
        elif bytes(archive.previous_digest) != digest:
            yield Fault(chain, archive.file, "does not follow the archive before it")
        # The digests are worked out by the database; the chain's own binding is enough.
        with tenancy.bind(None if chain == PLATFORM_CHAIN else chain):
            yield from faults_of_file(archive)
        expected, digest = archive.last_sequence + 1, bytes(archive.last_digest)
    if anchor is None:
        yield Fault(chain, archives[-1].file, "there are archives and no anchor: the live chain was put back")
    elif anchor.sequence >= expected:
        missing = f"the archive of entries {expected} to {anchor.sequence} is missing"
        yield Fault(chain, archives[-1].file, missing)
    elif anchor.sequence != expected - 1 or bytes(anchor.digest) != digest:
        yield Fault(chain, archives[-1].file, "the live chain does not begin where the archive ends")
