"""Reading the trail of the bound business, and finding what is due anywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max, Q, QuerySet

from apps.kernel import clock, tenancy
from apps.kernel.audit import PLATFORM_CHAIN
from apps.kernel.audit_coverage import SENSITIVE
from apps.kernel.models import AuditAnchor, AuditEntry
from apps.kernel.plain_words import find_actions
from apps.platform.records.models import DEFAULT_DAYS, AuditArchive, TrailRetention

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the trail is asked for; empty means all. Days are the business's own."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    object_type: str = ""
    object: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    @classmethod
    def of(cls, given: dict[str, Any]) -> Wanted:
        """From a form's cleaned values."""
        return cls(**{field.name: given[field.name] for field in fields(cls) if given.get(field.name)})

    def said(self) -> dict[str, str]:
        """What was asked for, to be written down."""
        return {field.name: str(value) for field in fields(self) if (value := getattr(self, field.name))}


def list_entries(chain: UUID | None = None) -> QuerySet[AuditEntry]:
    """The live entries of the bound business, newest first."""
    return AuditEntry.objects.filter(chain=chain or tenancy.require_business_id()).order_by("-sequence")


def narrow(entries: QuerySet[AuditEntry], wanted: Wanted, time_zone: str = "UTC") -> QuerySet[AuditEntry]:
    """Those of the entries that are asked for; each condition has an index or narrows one that has."""
    zone = ZoneInfo(time_zone)
    if wanted.actor == "system":
        entries = entries.filter(actor_kind="system")
    elif wanted.actor:
        entries = entries.filter(actor_id=wanted.actor)
    if wanted.action:
        entries = entries.filter(of_words(wanted.action))
    if wanted.subject:
        entries = entries.filter(of_subject(wanted.subject))
    if wanted.object_type:
        entries = entries.filter(object_type=wanted.object_type)
    if wanted.object:
        entries = entries.filter(object_id=wanted.object)
    if wanted.since:
        entries = entries.filter(at__gte=dt.datetime.combine(wanted.since, dt.time.min, zone))
    if wanted.until and wanted.until < dt.date.max:
        after = wanted.until + dt.timedelta(days=1)
        entries = entries.filter(at__lt=dt.datetime.combine(after, dt.time.min, zone))
    return entries


def of_words(text: str) -> Q:
    """Entries of actions whose words hold these, or whose code begins with them (`orders.`)."""
    condition = Q(action__startswith=text.strip().lower())
    found = find_actions(text)
    return condition | Q(action__in=found) if found else condition


def of_subject(name: str) -> Q:
    """Entries of a sensitive subject (`refunds`)."""
    condition = Q()
    for pattern in SENSITIVE[name].actions:
        star = pattern.endswith("*")
        condition |= Q(action__startswith=pattern[:-1]) if star else Q(action=pattern)
    return condition


def find_actor_label(actor_id: UUID) -> str | None:
    """What somebody was called when he last did something in the bound business: also a key, and who has left."""
    entries = list_entries().filter(actor_id=actor_id)
    label: str | None = entries.values_list("actor_label", flat=True).first()
    return label


def list_object_types() -> list[str]:
    """The kinds of objects in the trail of the bound business, found by jumping through the index."""
    chain, last = tenancy.require_business_id(), ""
    found: list[str] = []
    while True:
        later = AuditEntry.objects.filter(chain=chain, object_type__gt=last).order_by("object_type")
        kind = later.values_list("object_type", flat=True).first()
        if kind is None:
            return found
        found.append(kind)
        last = kind


def read_in_chunks(business_id: UUID, wanted: Wanted, time_zone: str, newest: int) -> Iterator[AuditEntry]:
    """The wanted entries up to `newest`, oldest last, a chunk at a time: as much memory for ten as for a million.

    For streams, which outlive the request's binding: each chunk binds the business anew.
    """
    before = newest + 1
    while True:
        with tenancy.bind(business_id):
            rows = list(narrow(list_entries(), wanted, time_zone).filter(sequence__lt=before)[:CHUNK])
        yield from rows
        if len(rows) < CHUNK:
            return
        before = rows[-1].sequence


def newest_sequence() -> int:
    """The number of the newest entry of the bound business."""
    return int(list_entries().aggregate(newest=Max("sequence"))["newest"] or 0)


def retention_days() -> int:
    """How many days the bound business keeps its trail at hand."""
    found = TrailRetention.objects.values_list("days", flat=True).first()
    return DEFAULT_DAYS if found is None else int(found)


def list_archives() -> QuerySet[AuditArchive]:
    """The archives of the bound business, newest first."""
    return AuditArchive.objects.filter(chain=tenancy.require_business_id())


def due_range(chain: UUID, limit: int) -> tuple[int, int] | None:
    """The first and last number that are old enough to leave the live chain, `limit` at most; None when nothing is.

    Asked under the chain's own binding. Only an unbroken old beginning leaves: what stands after a younger entry stays.
    """
    days = DEFAULT_DAYS if chain == PLATFORM_CHAIN else retention_days()
    cutoff = clock.now() - dt.timedelta(days=days)
    anchor = AuditAnchor.objects.filter(chain=chain).values_list("sequence", flat=True).first() or 0
    live = AuditEntry.objects.filter(chain=chain)
    young = live.filter(at__gte=cutoff).order_by("sequence").values_list("sequence", flat=True).first()
    newest = live.aggregate(newest=Max("sequence"))["newest"]
    if newest is None:
        return None
    last = min(newest if young is None else young - 1, anchor + limit)
    return (anchor + 1, last) if last > anchor else None


@tenancy.across("audit.archives")
def list_across_chains() -> list[UUID]:
    """Every chain there is. For the task and the check alone."""
    from apps.kernel.models import AuditHead

    return list(AuditHead.objects.order_by("chain").values_list("chain", flat=True))
