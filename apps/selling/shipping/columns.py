"""What customs ask of goods, as columns of the files in which a catalogue comes and goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Variant
from apps.goods.imports.beside import Beside, Facts
from apps.goods.imports.columns import Field
from apps.kernel.actors import Actor

from . import policies
from .models import ShippingItem, said
from .services.goods import MOST_AT_ONCE, GoodsDraft, checked_code, checked_origin, describe_goods

_READERS = {"hs_code": checked_code, "origin": checked_origin}


def _shown(variant_ids: Collection[UUID]) -> dict[UUID, Facts]:
    rows = Variant.objects.filter(pk__in=variant_ids).annotate(
        told_code=said("hs_code"), told_origin=said("origin")
    )
    found = rows.values_list("pk", "told_code", "told_origin")
    return {pk: {"hs_code": code or "", "origin": origin or ""} for pk, code, origin in found}


def _own(variant_ids: Collection[UUID]) -> dict[UUID, Facts]:
    rows = ShippingItem.objects.filter(variant__in=variant_ids).values("variant_id", *_READERS)
    return {row.pop("variant_id"): row for row in rows}


def _write(actor: Actor, facts: Mapping[UUID, Facts]) -> None:
    """What else is said of a variant stays."""
    drafts: dict[tuple[str, ...], list[GoodsDraft]] = {}
    for pk, new in facts.items():
        said: Any = new
        drafts.setdefault(tuple(sorted(new)), []).append(GoodsDraft(variant_id=pk, **said))
    for codes, alike in drafts.items():
        for start in range(0, len(alike), MOST_AT_ONCE):
            describe_goods(actor, drafts=alike[start : start + MOST_AT_ONCE], facts=codes)


CUSTOMS = Beside(
    app="shipping",
    permission=policies.MANAGE,
    fields=(
        Field(
            "hs_code",
            _("HS code"),
            (
                "HS code",
                "Variant HS code",
                "HS tariff code",
                "Harmonized system code",
                "Harmonised system code",
                "Commodity code",
                "Tariff code",
                "Customs code",
                "Zolltarifnummer",
            ),
            constant=True,
        ),
        Field(
            "origin",
            _("Country of origin"),
            (
                "Country of origin",
                "Variant country of origin",
                "COO",
                "Country/Region of origin",
                "Country of manufacture",
                "Origin",
                "Made in",
                "Ursprungsland",
            ),
            constant=True,
        ),
    ),
    read=lambda code, text: _READERS[code](text),
    shown=_shown,
    own=_own,
    write=_write,
)
