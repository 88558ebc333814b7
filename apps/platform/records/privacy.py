"""The trail: what names a customer is taken out of her entries; who did what at work is kept."""

from __future__ import annotations

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.models import AuditEntry
from apps.kernel.privacy import Kept, Person, Through, deleted_kinds, impersonal, personal
from apps.kernel.tenancy import require_business_id

from .services.redacting import redact_entries

_NAMES = ("actor_label", "object_label", "before", "after", "reason", "ip")


def _about(person: Person) -> Q:
    """Entries of herself and of what is deleted with her, done by her, or that speak of one of her addresses.

    Entries of what stays, such as her orders, keep who did what: they name the order and not her.
    """
    found = Q(object_type="customers.customer", object_id=str(person.id)) | Q(
        actor_kind="customer", actor_id=person.id
    )
    for kind in deleted_kinds("customer"):
        if ids := person.ids_of(kind):
            found |= Q(object_type=kind, object_id__in=[str(record_id) for record_id in ids])
    entries = AuditEntry.objects.filter(chain=require_business_id()).annotate(
        was=Cast("before", TextField()), became=Cast("after", TextField())
    )
    for email in person.emails:
        found |= Q(
            pk__in=entries.filter(
                Q(object_label__icontains=email)
                | Q(reason__icontains=email)
                | Q(was__icontains=email)
                | Q(became__icontains=email)
            ).values("pk")
        )
    return Q(chain=require_business_id(), redacted_at__isnull=True) & found


def _redact(actor: Actor, person: Person, rows: QuerySet[AuditEntry]) -> int:
    return redact_entries(actor, entry_ids=list(rows.values_list("pk", flat=True)))


personal(
    "kernel.auditentry", *_NAMES,
    title=_("Entries of the audit trail"),
    of={"customer": _about},
    erasure=Through(_redact, "anonymised"),
    hidden=("salt", "personal_digest", "previous_digest", "digest"),
)  # fmt: skip
personal(
    "kernel.auditentry", *_NAMES,
    title=_("What was done at work, in the audit trail"),
    of={"user": lambda person: Q(actor_id=person.id)},
    erasure=Kept(_("Who did what must be provable; it leaves with the business's retention.")),
    hidden=("salt", "personal_digest", "previous_digest", "digest"),
)  # fmt: skip
_SEAL = "seals and numbers"
impersonal("kernel.audithead", "digest", because=_SEAL)
impersonal("kernel.auditanchor", "digest", because=_SEAL)
impersonal(
    "kernel.auditentry", "actor_kind", "role", "action", "object_type", "object_id", "request_id", "salt",
    "personal_digest", "previous_digest", "digest", because="kinds, ids and seals",
)  # fmt: skip
personal(
    "records.auditarchive", "file",
    title=_("Archives of the audit trail"),
    erasure=Kept(_("Archives are sealed evidence; a card payment's rules ask for a year at least.")),
)  # fmt: skip
impersonal(
    "records.auditarchive", "previous_digest", "last_digest", "content_digest", "sha256", "key_version", "public_key",
    because=_SEAL,
)  # fmt: skip
