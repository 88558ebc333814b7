"""Kits in the back office: saying what a kit is made of, and where a variant is a part."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import KitPart, Variant
from apps.goods.inventory.page_parts import full_name, variant_url
from apps.goods.inventory.selectors import availability
from apps.goods.inventory.services import make_kit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.platform.backoffice.detail import Section, tells_of
from apps.platform.backoffice.verbs import Verb

MOST_LINES = 30
MOST_KITS_SHOWN = 20


class KitForm(forms.Form):
    parts = forms.CharField(
        label=_("Parts"),
        widget=forms.Textarea(attrs={"rows": 6, "placeholder": "MUG-S 2\nTEA-100 1"}),
        help_text=_("One a line: the SKU or barcode, then how many of it are in one kit."),
    )


class SetKit(Verb):
    name = "kit"
    label = _("Kit")
    permission = "products.change"
    form_class = KitForm
    submit_label = _("Save kit")
    writes_back = True

    def is_available(self, actor: Actor, obj: Variant) -> bool:
        return obj.active

    def explain(self, actor: Actor, obj: Variant) -> list[Any]:
        return [
            _now("A kit is sold as one and takes its parts from your stock; it has no stock of its own."),
            _now("A variant that is a kit stays one. Orders that are placed keep what was in it then."),
        ]

    def initial(self, actor: Actor, obj: Variant) -> dict[str, Any]:
        rows = KitPart.objects.filter(kit=obj).select_related("part").order_by("position", "pk")
        lines = [f"{row.part.sku or row.part.barcode} {row.quantity}" for row in rows]
        return {"parts": "\n".join(lines)}

    def perform(self, actor: Actor, obj: Variant, data: dict[str, Any], key: str) -> Any:
        return make_kit(actor, variant_id=obj.pk, parts=_read_parts(data["parts"]))

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The kit is saved. It can be sold while all its parts are there.")


def _read_parts(text: str) -> dict[Any, int]:
    """Variants with their pieces, from lines of a code and a number; raises `InvalidInput` naming the line."""
    wanted: dict[str, int] = {}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise InvalidInput(fields={"parts": [_now("Enter at most %(most)s lines.") % {"most": MOST_LINES}]})
    for line in lines:
        code, _space, end = line.rpartition(" ")
        code, end = (code.strip(), end) if code and end.isascii() and end.isdigit() else (line, "1")
        if len(end) > 8:
            message = _now("“%(line)s”: write a smaller number.") % {"line": line[:60]}
            raise InvalidInput(fields={"parts": [message]})
        wanted[code] = wanted.get(code, 0) + int(end)
    codes = {code.upper() for code in wanted}
    found: dict[str, Any] = {}
    named = Q(upper_sku__in=codes) | Q(barcode__in=list(wanted))
    rows = Variant.objects.annotate(upper_sku=Upper("sku")).filter(named, active=True)
    for row in rows:
        found |= {name: row.pk for name in (row.barcode, row.sku.upper()) if name}
    parts: dict[Any, int] = {}
    for code, pieces in wanted.items():
        pk = found.get(code) or found.get(code.upper())
        if pk is None:
            message = _now("Nothing that is sold has the code “%(code)s”.") % {"code": code[:60]}
            raise InvalidInput(fields={"parts": [message]})
        parts[pk] = parts.get(pk, 0) + pieces
    return parts


@tells_of(Variant)
def parts_of(actor: Actor, variant: Variant) -> list[Section]:
    """Of a kit its parts with what is free of each; of a part the kits it is in."""
    if not actor.may("products.read"):
        return []
    if variant.is_kit:
        rows = list(
            KitPart.objects.filter(kit=variant).select_related("part__product").order_by("position", "pk")
        )
        free = availability([variant.pk, *(row.part_id for row in rows)])
        able = free[variant.pk].sellable if variant.pk in free else 0
        section = Section(
            _("The kit contains"),
            columns=[_("Part"), _("Pieces"), _("Can be sold")],
            rows=[
                [
                    _link(row.part),
                    row.quantity,
                    _count(free[row.part_id].sellable if row.part_id in free else 0),
                ]
                for row in rows
            ],
            footer=[[_("Kits that can be sold"), "", _count(able)]],
            align={1: "end", 2: "end"},
        )
        return [section]
    kits = KitPart.objects.filter(part=variant).select_related("kit__product").order_by("kit_id")
    rows_of = [[_link(row.kit), row.quantity] for row in kits[:MOST_KITS_SHOWN]]
    if not rows_of:
        return []
    return [Section(_("In these kits"), columns=[_("Kit"), _("Pieces")], rows=rows_of, align={1: "end"})]


def _link(variant: Variant) -> Any:
    return format_html('<a href="{}">{}</a>', variant_url(variant), full_name(variant))


def _count(sellable: int | None) -> Any:
    return _("any number") if sellable is None else max(0, sellable)
