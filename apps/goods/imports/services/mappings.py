"""Mappings that are kept under a name and offered again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.text import clean_text
from apps.goods.imports.columns import normalise
from apps.goods.imports.models import ImportJob, SavedMapping
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case


def fingerprint_of(headings: Sequence[str]) -> str:
    """The same for files with the same headings, whatever their order and capitals."""
    return hashlib.sha256("\n".join(sorted(normalise(heading) for heading in headings)).encode()).hexdigest()


def find_mapping(headings: Sequence[str]) -> SavedMapping | None:
    """The mapping saved last for these headings."""
    found = SavedMapping.objects.filter(fingerprint=fingerprint_of(headings))
    return found.order_by("-updated_at", "-id").first()


def get_mapping(name: str) -> SavedMapping:
    """The mapping that was saved under a name; raises `InvalidInput` for a name nobody used."""
    found: SavedMapping | None = SavedMapping.objects.filter(name=name).first()
    if found is None:
        raise InvalidInput(fields={"saved_as": [_("No mapping was saved under this name.")]})
    return found


def take_mapping(job: ImportJob, saved: SavedMapping) -> None:
    """Set the mapping of an import from a saved one, without saving. Headings are matched in any capitals."""
    known = {normalise(heading): heading for heading in job.headings}
    own = {normalise(heading): known.get(normalise(heading), "") for heading in saved.headings}
    job.kind = saved.kind
    job.mapping = {
        code: own[normalise(heading)]
        for code, heading in saved.mapping.items()
        if own.get(normalise(heading))
    }
    job.defaults = dict(saved.defaults)
    job.rules = {**saved.rules, "one_per": own.get(normalise(saved.rules.get("one_per", "")), "")}
    job.as_drafts = saved.as_drafts


def save_mapping(actor: Actor, *, job: ImportJob, name: str) -> SavedMapping:
    """Keep the mapping of an import under a name; the same name again is written anew. For `check_job`."""
    label = clean_text(name, "save_as", 120)
    if not label:
        raise InvalidInput(fields={"save_as": [_("Enter a name.")]})
    facts = {
        "headings": job.headings,
        "fingerprint": fingerprint_of(job.headings),
        "kind": job.kind,
        "mapping": job.mapping,
        "defaults": job.defaults,
        "rules": job.rules,
        "as_drafts": job.as_drafts,
    }
    saved, _is_new = SavedMapping.objects.update_or_create(name=label, defaults=facts)
    audit.record(actor, "imports.mapping_saved", saved, after={"fields": sorted(job.mapping)})
    return saved


@use_case(permission="imports.run", audits="imports.mapping_deleted")
def delete_mapping(actor: Actor, *, mapping_id: UUID) -> None:
    """Forget a saved mapping. Imports that used it keep what they took from it."""
    saved = locks.lock_one(Rank.ROOT, SavedMapping.objects.filter(pk=mapping_id))
    audit.record(actor, "imports.mapping_deleted", saved, before={"name": saved.name})
    saved.delete()
