"""From the live chain into a signed file: write, read back, and only then cut."""

from __future__ import annotations

import logging
from uuid import UUID

from apps.kernel import audit, tenancy
from apps.kernel.actors import Actor
from apps.kernel.audit import PLATFORM_CHAIN
from apps.kernel.errors import Conflict
from apps.kernel.models import AuditAnchor
from apps.kernel.use_cases import use_case
from apps.platform.media.stores import StorageUnavailable, get_store
from apps.platform.records.files import Written, faults_of_file, write_archive
from apps.platform.records.selectors import due_range

log = logging.getLogger(__name__)

# A file that a person can open, and a cut that holds no lock for long.
LARGEST = 20_000


def archive_chain(chain: UUID) -> int:
    """Move what is old enough out of one live chain; returns how many entries left it.

    Not inside a use case: files are written and read between transactions. Killed anywhere it leaves the chain whole
    and at most a file that no row names; the next run writes one of its own. Raises `StorageUnavailable`, and
    `Conflict` when what was written cannot be read back as it was, or another run was quicker: then nothing has been
    removed.
    """
    actor = Actor.system("audit archives", None if chain == PLATFORM_CHAIN else chain)
    moved = 0
    while True:
        with tenancy.bind(actor.business_id):
            due = due_range(chain, LARGEST)
            if due is None:
                return moved
            written = write_archive(chain, *due)
            faults = faults_of_file(written.as_row())
        if faults:
            log.error("Archive %s cannot be read back: %s", written.file, faults[0].fault)
            _drop(written)
            raise Conflict(f"{written.file}: {faults[0].fault}", code="archive_not_whole")
        try:
            moved += _cut(actor, written=written)
        except Conflict:
            _drop(written)
            raise


def _drop(written: Written) -> None:
    """Take away what nothing will name; left behind it would be taken for an archive."""
    try:
        get_store().remove(written.file)
    except StorageUnavailable:
        log.exception("archive_not_removed", extra={"file": written.file})


@use_case(audits="audit.archived")
def _cut(actor: Actor, *, written: Written) -> int:
    archive = written.as_row()
    anchor = AuditAnchor.objects.filter(chain=archive.chain).values_list("sequence", flat=True).first() or 0
    if archive.first_sequence != anchor + 1:
        raise Conflict(f"{written.file} begins at {archive.first_sequence}, the chain at {anchor + 1}")
    archive.save(force_insert=True)
    # The database compares: it removes only what the file's digest was made of.
    removed = audit.cut(archive.chain, archive.last_sequence, bytes(archive.content_digest))
    audit.record(
        actor,
        "audit.archived",
        archive,
        after={"entries": removed, "until": archive.last_at, "file": archive.file, "sha256": archive.sha256},
    )
    return removed
