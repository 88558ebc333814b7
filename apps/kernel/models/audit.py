"""The audit chain: entries that nobody can edit, each sealed with the digest of the one before it."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models

from apps.kernel import clock
from apps.kernel.ids import new_id

# True inside the functions of migration 0005, which run as the tables' owner and say which chain they work on.
_BY_OWN_FUNCTION = """current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
                        AND current_setting('monidesk.audit_work', true) = COALESCE(NEW.chain, OLD.chain)::text"""


class AuditHead(models.Model):
    """The last link of each chain. A chain is a business; the zero UUID is the platform's own."""

    # Whose row it is, for the policies of the database; see row_security.
    tenant_column: ClassVar = "chain"

    chain = models.UUIDField(primary_key=True)
    sequence = models.BigIntegerField()
    digest = models.BinaryField()


class AuditAnchor(models.Model):
    """Where the live chain begins after its old part was moved into archives: the last link that was moved.

    Written by the database's own `kernel_audit_cut` alone; docs/audit.md says how the seam is checked.
    """

    tenant_column: ClassVar = "chain"

    chain = models.UUIDField(primary_key=True)
    sequence = models.BigIntegerField()
    digest = models.BinaryField()
    cut_at = models.DateTimeField(default=clock.now)

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="owner_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    IF {_BY_OWN_FUNCTION} THEN RETURN COALESCE(NEW, OLD); END IF;
                    RAISE EXCEPTION 'an audit anchor is set by kernel_audit_cut alone';
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.chain} from {self.sequence + 1}"


class AuditEntry(models.Model):
    """One fact: who did what to which object, with the state before and after.

    `sequence`, `previous_digest` and `digest` are set by the database when the row is inserted: the head of the
    chain is locked, so entries of one business stand in one unbroken row. Update and delete are refused, but for two
    functions of the database: one moves what is archived out, one takes a person out of an entry. The digest covers
    what names people (`personal_digest`) and not their names themselves, so it holds without them.
    """

    tenant_column: ClassVar = "chain"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    chain = models.UUIDField()
    sequence = models.BigIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    role = models.CharField(max_length=60, blank=True)
    action = models.CharField(max_length=100)
    object_type = models.CharField(max_length=100, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    ip = models.CharField(max_length=64, blank=True)
    # How the digest was made: 1 over everything, 2 over the digest of what names people.
    seal = models.PositiveSmallIntegerField(default=1)
    salt = models.BinaryField(default=b"")
    personal_digest = models.BinaryField(default=b"")
    redacted_at = models.DateTimeField(null=True)
    previous_digest = models.BinaryField(default=b"")
    digest = models.BinaryField(default=b"")

    class Meta:
        ordering: ClassVar = ["-sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain", "sequence"], name="audit_chain_sequence"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["chain", "object_type", "object_id"], name="audit_object"),
            models.Index(fields=["chain", "action", "-sequence"], name="audit_action"),
            models.Index(fields=["chain", "actor_id", "-sequence"], name="audit_actor"),
            models.Index(fields=["chain", "at"], name="audit_at"),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="append_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    IF {_BY_OWN_FUNCTION} THEN RETURN COALESCE(NEW, OLD); END IF;
                    RAISE EXCEPTION 'the audit trail is append-only';
                """,
            ),
            pgtrigger.Trigger(
                name="seal",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("head", "kernel_audithead%ROWTYPE")],
                func="""
                    INSERT INTO kernel_audithead (chain, sequence, digest) VALUES (NEW.chain, 0, ''::bytea)
                        ON CONFLICT (chain) DO NOTHING;
                    SELECT * INTO head FROM kernel_audithead WHERE chain = NEW.chain FOR UPDATE;
                    NEW.sequence := head.sequence + 1;
                    NEW.previous_digest := head.digest;
                    NEW.seal := 2;
                    NEW.redacted_at := NULL;
                    NEW.salt := uuid_send(gen_random_uuid());
                    NEW.personal_digest := kernel_audit_personal_digest(NEW);
                    NEW.digest := kernel_audit_digest(NEW);
                    UPDATE kernel_audithead SET sequence = NEW.sequence, digest = NEW.digest
                        WHERE chain = NEW.chain;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action} {self.object_label}"
