"""The old part of a chain lies in signed files; whatever is changed there, here or at the seam is named."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.audit import broken_links
from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused
from apps.kernel.models import AuditAnchor, AuditEntry
from apps.platform.businesses.models import Business
from apps.platform.businesses.services import change_settings
from apps.platform.media.stores import get_store
from apps.platform.records import files
from apps.platform.records.models import AuditArchive
from apps.platform.records.selectors import retention_days
from apps.platform.records.services import archive_chain, archiving, set_retention
from apps.platform.records.tasks import archive_old
from apps.platform.records.verification import archive_faults
from tests.owner import owners_rights

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = dt.timedelta(days=-500)


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def old_trail(owner: Actor, business: Business) -> Business:
    """Six entries of long ago, three of today."""
    with clock.travel(LONG_AGO):
        for number in range(6):
            change_settings(owner, name=f"Grüne Ware {number}")
    for number in range(3):
        change_settings(owner, name=f"Harbour {number}")
    return business


def entries(business: Business) -> list[int]:
    return list(
        AuditEntry.objects.filter(chain=business.pk).order_by("sequence").values_list("sequence", flat=True)
    )


def said() -> list[str]:
    """What the command complains of."""
    errors = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_audit", stderr=errors)
    return errors.getvalue().splitlines()


def tamper(sql: str, *arguments: object) -> None:
    """As an attacker with the table owner's rights would."""
    with owners_rights(), tenancy.crossing("tests"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kernel_auditentry DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE kernel_auditanchor DISABLE TRIGGER USER")
        cursor.execute(sql, arguments)
        cursor.execute("ALTER TABLE kernel_auditentry ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE kernel_auditanchor ENABLE TRIGGER USER")


def repack(archive: AuditArchive, change: Any) -> None:
    """Write the file anew with changed lines, and make the row's checksum fit, as somebody with both rights would."""
    import hashlib

    with get_store().open(archive.file) as file:
        lines = gzip.decompress(file.read()).splitlines(keepends=True)
    packed = gzip.compress(b"".join(change(lines)))
    get_store().write(archive.file, BytesIO(packed))
    AuditArchive.objects.filter(pk=archive.pk).update(sha256=hashlib.sha256(packed).hexdigest())


def test_what_is_old_moves_into_a_file_and_all_still_holds(old_trail: Business) -> None:
    assert archive_old() == 6

    assert entries(old_trail) == [7, 8, 9, 10]  # the tenth says that six were moved
    archive = AuditArchive.objects.get()
    assert (archive.first_sequence, archive.last_sequence, archive.count) == (1, 6, 6)
    assert AuditAnchor.objects.get().sequence == 6
    assert AuditEntry.objects.get(action="audit.archived").after["entries"] == 6
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "4 entries, all chains hold" in out.getvalue()
    assert "1 archives, all whole" in out.getvalue()


def test_the_file_is_readable_and_says_what_it_holds(old_trail: Business) -> None:
    archive_chain(old_trail.pk)
    archive = AuditArchive.objects.get()
    with get_store().open(archive.file) as file:
        lines = [json.loads(line) for line in gzip.decompress(file.read()).splitlines()]
    header, held, seal = lines[0], lines[1:-1], lines[-1]
    assert (header["chain"], header["first"], header["last"], header["count"]) == (str(old_trail.pk), 1, 6, 6)
    assert header["last_digest"] == held[-1]["digest"].removeprefix("\\x")
    assert held[3]["after"] == {"name": "Grüne Ware 3"}
    assert seal["algorithm"] == "Ed25519"


def test_a_second_cut_follows_the_first(old_trail: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "LARGEST", 4)
    assert archive_chain(old_trail.pk) == 6
    ranges = AuditArchive.objects.order_by("first_sequence").values_list("first_sequence", "last_sequence")
    assert list(ranges) == [(1, 4), (5, 6)]
    assert archive_faults() == []
    assert broken_links() == []


def test_a_run_that_comes_second_leaves_the_first_ones_file_alone(
    old_trail: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = archiving.write_archive

    def overtaken(*due: Any) -> Any:
        monkeypatch.setattr(archiving, "write_archive", real)
        written = real(*due)
        assert archive_chain(old_trail.pk)
        return written

    monkeypatch.setattr(archiving, "write_archive", overtaken)
    with pytest.raises(Conflict):
        archive_chain(old_trail.pk)
    with tenancy.bind(old_trail.pk):
        (archive,) = AuditArchive.objects.all()
    assert archive_faults() == []
    lying = [path.name for path in (settings.FILES_ROOT / str(old_trail.pk) / "audit").iterdir()]
    assert lying == [archive.file.rsplit("/", 1)[-1]]


def test_nothing_young_is_moved(owner: Actor, business: Business) -> None:
    change_settings(owner, name="Harbour & Sons")
    with clock.travel(dt.timedelta(days=-380)):  # older than the law asks, younger than the business's time
        change_settings(owner, name="Harbour & Daughters")
    assert archive_chain(business.pk) == 0
    assert AuditArchive.objects.count() == 0


def test_a_tampered_live_row_is_named(old_trail: Business) -> None:
    archive_chain(old_trail.pk)
    tamper("UPDATE kernel_auditentry SET actor_label = 'Nobody' WHERE sequence = 8")
    assert [line.split(" (")[0] for line in said()] == [f"chain {old_trail.pk} entry 8"]


def test_the_first_live_row_is_held_by_the_anchor(old_trail: Business) -> None:
    archive_chain(old_trail.pk)
    tamper("DELETE FROM kernel_auditentry WHERE sequence = 7")
    assert [(link.sequence, link.fault) for link in broken_links()] == [(8, "missing before")]


@pytest.mark.parametrize("place", [40, -12])
def test_a_tampered_byte_is_named(old_trail: Business, place: int, settings: Any) -> None:
    archive_chain(old_trail.pk)
    archive = AuditArchive.objects.get()
    path = settings.FILES_ROOT / archive.file
    bytes_ = bytearray(path.read_bytes())
    bytes_[place] ^= 1
    path.write_bytes(bytes_)
    assert f"chain {old_trail.pk} archive {archive.file}: the file was changed" in said()


def test_a_changed_entry_in_a_file_is_named_although_its_checksum_was_made_to_fit(
    old_trail: Business,
) -> None:
    archive_chain(old_trail.pk)
    archive = AuditArchive.objects.get()
    repack(archive, lambda lines: [line.replace(b"Ware 3", b"Ware 9") for line in lines])
    found = {(fault.sequence, fault.fault) for fault in archive_faults()}
    assert (4, "changed") in found  # its "after", and the "before" of the next one
    assert (5, "changed") in found
    assert (None, "its signature does not hold") in found
    assert {fault.file for fault in archive_faults()} == {archive.file}


def test_a_left_out_entry_is_named(old_trail: Business) -> None:
    archive_chain(old_trail.pk)
    repack(AuditArchive.objects.get(), lambda lines: [*lines[:3], *lines[4:]])
    assert (4, "missing before") in {(fault.sequence, fault.fault) for fault in archive_faults()}


def test_a_removed_file_is_named(old_trail: Business) -> None:
    archive_chain(old_trail.pk)
    archive = AuditArchive.objects.get()
    get_store().remove(archive.file)
    assert said() == [f"chain {old_trail.pk} archive {archive.file}: the file is missing"]


def test_a_removed_archive_with_its_row_is_named(
    old_trail: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "LARGEST", 2)
    archive_chain(old_trail.pk)
    AuditArchive.objects.filter(first_sequence=3).delete()
    assert [fault.fault for fault in archive_faults()] == ["the archive of entries 3 to 4 is missing"]
    AuditArchive.objects.filter(first_sequence=5).delete()
    assert [fault.fault for fault in archive_faults()] == ["the archive of entries 3 to 6 is missing"]
    AuditArchive.objects.all().delete()
    assert [fault.fault for fault in archive_faults()] == ["the archives of entries 1 to 6 are missing"]


def test_an_anchor_moved_by_hand_is_noticed(old_trail: Business) -> None:
    archive_chain(old_trail.pk)
    tamper("UPDATE kernel_auditanchor SET sequence = 7")
    tamper("DELETE FROM kernel_auditentry WHERE sequence = 7")
    assert any("entries 7 to 7" in line for line in said())


def test_the_database_removes_nothing_that_the_archive_was_not_made_of(old_trail: Business) -> None:
    with pytest.raises(DatabaseError, match="made of other entries"), transaction.atomic():
        audit.cut(old_trail.pk, 6, b"\0" * 32)
    assert len(entries(old_trail)) == 9


def test_the_database_removes_nothing_young_whoever_asks(old_trail: Business) -> None:
    with pytest.raises(DatabaseError, match="too young"), transaction.atomic():
        audit.cut(old_trail.pk, 9, b"\0" * 32)


def test_the_application_cannot_remove_a_row_by_itself(old_trail: Business) -> None:
    pretend = "SELECT set_config('monidesk.audit_work', %s, false)"
    with connection.cursor() as cursor:
        cursor.execute(pretend, [str(old_trail.pk)])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(sequence=1).delete()
    with pytest.raises(DatabaseError, match="kernel_audit_cut"), transaction.atomic():
        AuditAnchor.objects.create(chain=old_trail.pk, sequence=3, digest=b"x")
    with connection.cursor() as cursor:
        cursor.execute(pretend, [""])


def test_a_tampered_chain_is_not_cut(old_trail: Business) -> None:
    tamper("UPDATE kernel_auditentry SET actor_label = 'Nobody' WHERE sequence = 2")
    with pytest.raises(Conflict):
        archive_chain(old_trail.pk)
    assert len(entries(old_trail)) == 9
    assert AuditArchive.objects.count() == 0


def test_a_file_that_cannot_be_read_back_removes_nothing(
    old_trail: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Losing:
        def __getattr__(self, name: str) -> Any:
            return getattr(get_store(), name)

        def write(self, key: str, content: Any) -> int:
            return 0

    monkeypatch.setattr(files, "get_store", Losing)
    with pytest.raises(Conflict, match="missing"):
        archive_chain(old_trail.pk)
    assert len(entries(old_trail)) == 9
    # One chain that cannot be moved holds up no other, and the next night tries again.
    assert archive_old() == 0
    monkeypatch.undo()
    assert archive_old() == 6


def test_archives_signed_by_an_older_key_still_verify(old_trail: Business, settings: Any) -> None:
    from apps.platform.vault.keys import new_key

    old, new = new_key("1"), new_key("2")
    settings.VAULT_KEYS = old
    archive_chain(old_trail.pk)
    for keys in (
        f"{new},{old}",
        new,
    ):  # beside the new one, and when it is gone: the row keeps the public half
        settings.VAULT_KEYS = keys
        assert archive_faults() == []
    settings.VAULT_KEYS = new_key("1")
    assert "was signed with another key" in {fault.fault for fault in archive_faults()}


def test_businesses_are_archived_apart(
    old_trail: Business, other_business: Business, make_actor: Any
) -> None:
    with clock.travel(LONG_AGO):
        change_settings(make_actor(other_business), name="Prairie & Co")
    assert archive_old() == 7
    with tenancy.bind(other_business.pk):
        assert [archive.count for archive in AuditArchive.objects.filter(chain=other_business.pk)] == [1]
        assert (
            not AuditArchive.objects.filter(chain=old_trail.pk).exists() or connection.vendor != "postgresql"
        )


def test_the_time_is_the_businesss_own_and_never_below_the_law(owner: Actor, bound: Business) -> None:
    assert retention_days() == 400
    set_retention(owner, days=365)
    assert retention_days() == 365
    assert AuditEntry.objects.filter(action="audit.retention_changed").count() == 1
    with pytest.raises(InvalidInput):
        set_retention(owner, days=364)


def test_a_clerk_may_not_shorten_it(business: Business, make_actor: Any) -> None:
    with pytest.raises(PermissionRefused):
        set_retention(make_actor(business, permissions=frozenset({"audit.read"})), days=365)
