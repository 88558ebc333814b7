"""The audit chain: entries that nobody can edit, each sealed with the digest of the one before it."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models

from apps.kernel import clock
from apps.kernel.ids import new_id


class AuditHead(models.Model):
    """The last link of each chain. A chain is a business; the zero UUID is the platform's own."""

    # Whose row it is, for the policies of the database; see row_security.
    tenant_column: ClassVar = "chain"

    chain = models.UUIDField(primary_key=True)
    sequence = models.BigIntegerField()
    digest = models.BinaryField()


class AuditEntry(models.Model):
    """One fact: who did what to which object, with the state before and after.

    `sequence`, `previous_digest` and `digest` are set by the database when the row is inserted: the head of the
    chain is locked, so entries of one business stand in one unbroken row. Update and delete are refused.
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
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
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
                    NEW.digest := kernel_audit_digest(NEW);
                    UPDATE kernel_audithead SET sequence = NEW.sequence, digest = NEW.digest
                        WHERE chain = NEW.chain;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action} {self.object_label}"
