"""The audit chain: nobody can edit it, and whoever does it in SQL is named."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from apps.kernel.actors import Actor
from apps.kernel.audit import broken_links
from apps.kernel.ids import new_id
from apps.kernel.models import AuditEntry
from tests.owner import owners_rights

from . import probe

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chain(clerk: Actor) -> list[AuditEntry]:
    for step in range(1, 6):
        probe.count(clerk, subject=new_id(), step=step)
    return list(AuditEntry.objects.filter(chain=clerk.business_id).order_by("sequence"))


def tamper(sql: str, *arguments: object) -> None:
    """Edit as an attacker with the table owner's rights would."""
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kernel_auditentry DISABLE TRIGGER USER")
        cursor.execute(sql, arguments)
        cursor.execute("ALTER TABLE kernel_auditentry ENABLE TRIGGER USER")


def test_entries_stand_in_one_row_and_verify(chain: list[AuditEntry]) -> None:
    assert [entry.sequence for entry in chain] == [1, 2, 3, 4, 5]
    assert bytes(chain[1].previous_digest) == bytes(chain[0].digest) != b""
    assert list(broken_links()) == []
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "5 entries, all chains hold" in out.getvalue()


def test_the_database_refuses_update_and_delete(chain: list[AuditEntry]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.filter(pk=chain[0].pk).update(reason="nicer")
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.filter(pk=chain[0].pk).delete()


def test_an_edited_entry_is_named(chain: list[AuditEntry]) -> None:
    tamper("UPDATE kernel_auditentry SET actor_label = 'Somebody else' WHERE id = %s", chain[2].pk)
    assert [(link.entry_id, link.fault) for link in broken_links()] == [(chain[2].pk, "changed")]
    errors = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_audit", stderr=errors)
    assert str(chain[2].pk) in errors.getvalue()


def test_a_removed_entry_is_noticed(chain: list[AuditEntry]) -> None:
    tamper("DELETE FROM kernel_auditentry WHERE id = %s", chain[2].pk)
    assert [(link.sequence, link.fault) for link in broken_links()] == [(4, "missing before")]


def test_a_chain_cut_at_its_end_is_noticed(chain: list[AuditEntry]) -> None:
    tamper("DELETE FROM kernel_auditentry WHERE id = %s", chain[-1].pk)
    assert [(link.sequence, link.fault) for link in broken_links()] == [(5, "cut off at the end")]


def test_many_writers_keep_one_chain(clerk: Actor) -> None:
    probe.at_once(8, lambda index: probe.count(clerk, subject=new_id(), step=index))
    assert AuditEntry.objects.filter(chain=clerk.business_id).count() == 8
    assert list(broken_links()) == []
