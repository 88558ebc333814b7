"""Packs of a variant, and when its unit may still change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import PackDraft, checked_amount, checked_count
from apps.goods.catalog.models import Pack, Variant
from apps.goods.catalog.services.products import lock_product, refusal_of
from apps.goods.catalog.text import clean_text
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, WrongState
from apps.kernel.use_cases import use_case

MOST_PACKS = 12
LARGEST_PACK = 1_000_000
FIELDS = ("name", "quantity", "barcode", "sku", "price", "sold", "for_purchasing", "position")
# Questions of apps above: whether anything is kept in the variant's unit. Named when they are set up.
_keepers: list[Callable[[UUID], bool]] = []


def unit_is_kept_by(asks: Callable[[UUID], bool]) -> None:
    """Let an app above forbid another unit for a variant that it has numbers of."""
    if asks not in _keepers:
        _keepers.append(asks)


def check_unit_free(variant: Variant) -> None:
    """Refuse another unit for what has moved: 500 grams would become 500 kilograms."""
    if any(asks(variant.pk) for asks in _keepers):
        message = _("Its stock has moved already, so it stays in the unit it is kept in.")
        raise WrongState(
            message,
            code="unit_in_use",
            remedy=_("Add a new variant with the other unit, and move the stock there by an adjustment."),
        )


@use_case(permission="products.change", audits="products.packs_set")
def set_packs(actor: Actor, *, variant_id: UUID, packs: Sequence[PackDraft]) -> list[Pack]:
    """Say in which packs a variant is bought and sold. Those left out are retired and their codes become free.

    Prices need the permission `products.price`. The same packs again write nothing. Raises `InvalidInput` naming
    the row (`packs.0.quantity`), `Conflict` for a barcode or SKU that something else has, `NotFound`.
    """
    product_id = Variant.objects.filter(pk=variant_id).values_list("product_id", flat=True).first()
    if product_id is None:
        raise NotFound()
    product = lock_product(product_id)
    variant: Variant = Variant.objects.get(pk=variant_id)
    if packs and variant.is_kit:
        raise InvalidInput(
            _("A kit has no packs: make another kit with more of each part."), code="kit_has_no_packs"
        )
    rows = list(Pack.objects.filter(variant=variant, active=True).order_by("position", "pk"))
    wanted = _checked(packs, {row.pk for row in rows})
    _check_codes(variant, wanted)
    before = [_facts(row) for row in rows]
    by_id = {row.pk: row for row in rows}
    kept: list[Pack] = []
    fresh: list[Pack] = []
    for position, (draft, values) in enumerate(zip(packs, wanted, strict=True), start=1):
        row = by_id.pop(draft.pack_id) if draft.pack_id else Pack(variant=variant)
        (kept if draft.pack_id else fresh).append(row)
        for name, value in {**values, "position": position}.items():
            setattr(row, name, value)
    after = sorted([_facts(row) for row in (*kept, *fresh)], key=lambda facts: facts["position"])
    if before == after:
        return rows
    if _priced(before) != _priced(after):
        actor.require("products.price")
    _write(list(by_id), kept, fresh, product)
    product.save(update_fields=["updated_at"])
    audit.record(actor, "products.packs_set", variant, before={"packs": before}, after={"packs": after})
    return sorted([*kept, *fresh], key=lambda row: row.position)


def retire_packs(variant_ids: Iterable[UUID]) -> None:
    """What is no longer sold has no packs: their codes become free."""
    _retire(Pack.objects.filter(variant_id__in=list(variant_ids), active=True))


def _retire(packs: Any) -> None:
    packs.update(active=False, barcode="", sku="", sold=False, for_purchasing=False, updated_at=clock.now())


def _write(gone: list[UUID], kept: list[Pack], fresh: list[Pack], product: Any) -> None:
    try:
        _retire(Pack.objects.filter(pk__in=gone))
        # First free of what two rows may be about to exchange: a barcode, or being the one for purchasing.
        Pack.objects.filter(pk__in=[row.pk for row in kept]).update(barcode="", sku="", for_purchasing=False)
        now = clock.now()
        for row in kept:
            row.updated_at = now
        Pack.objects.bulk_update(kept, [*FIELDS, "updated_at"])
        Pack.objects.bulk_create(fresh)
    except IntegrityError as error:
        refusal = refusal_of(error, product)
        if refusal is None:
            raise
        raise refusal from error


def _checked(packs: Sequence[PackDraft], known: set[UUID]) -> list[dict[str, Any]]:
    if len(packs) > MOST_PACKS:
        raise InvalidInput(_("A variant has at most %(most)s packs.") % {"most": MOST_PACKS})
    problems: dict[str, list[Any]] = {}
    rows = []
    for number, draft in enumerate(packs):
        if draft.pack_id and draft.pack_id not in known:
            raise NotFound()
        try:
            rows.append(_checked_pack(draft))
        except InvalidInput as error:
            problems |= {f"packs.{number}.{name}": words for name, words in error.fields.items()}
    if problems:
        raise InvalidInput(fields=problems)
    for name, message in (
        ("name", _("Two packs have the same name.")),
        ("barcode", _("Two packs have the same barcode.")),
        ("sku", _("Two packs have the same SKU.")),
    ):
        seen: set[str] = set()
        for number, row in enumerate(rows):
            word = row[name].upper()
            if word and word in seen:
                raise Conflict(message, code=f"{name}_taken", fields={f"packs.{number}.{name}": [message]})
            seen.add(word)
    if sum(row["for_purchasing"] for row in rows) > 1:
        message = _("Choose one pack that is ordered from suppliers.")
        raise InvalidInput(message, fields={f"packs.{len(rows) - 1}.for_purchasing": [message]})
    return rows


def _check_codes(variant: Variant, wanted: list[dict[str, Any]]) -> None:
    """Refuse codes that something else has, naming it. The database refuses what comes in between."""
    barcodes = [row["barcode"] for row in wanted if row["barcode"]]
    skus = [row["sku"].upper() for row in wanted if row["sku"]]
    if not barcodes and not skus:
        return
    taken: dict[tuple[str, str], str] = {}
    has_code = Q(barcode__in=barcodes) | Q(upper_sku__in=skus)
    owners = Variant.objects.annotate(upper_sku=Upper("sku")).filter(has_code).select_related("product")
    others = Pack.objects.exclude(variant=variant).annotate(upper_sku=Upper("sku")).filter(has_code)
    things: list[Any] = [*others.select_related("variant__product"), *owners]
    for thing in things:
        owner = thing.variant if isinstance(thing, Pack) else thing
        parts = [owner.product.title, owner.title, thing.name if isinstance(thing, Pack) else ""]
        name = " – ".join(part for part in parts if part)
        taken |= {("barcode", thing.barcode): name, ("sku", thing.upper_sku): name}
    problems = {}
    for number, row in enumerate(wanted):
        for field, code in (("barcode", row["barcode"]), ("sku", row["sku"].upper())):
            if code and (field, code) in taken:
                message = _("“%(item)s” has this code already.") % {"item": taken[field, code]}
                problems[f"packs.{number}.{field}"] = [message]
    if problems:
        field = next(iter(problems)).rpartition(".")[2]
        raise Conflict(_("A code means one thing only."), code=f"{field}_taken", fields=problems)


def _checked_pack(draft: PackDraft) -> dict[str, Any]:
    name = clean_text(draft.name or "", "name", 80)
    if not name:
        raise InvalidInput(fields={"name": [_("Give the pack a name, such as “Case of 12”.")]})
    if isinstance(draft.quantity, int) and not isinstance(draft.quantity, bool) and draft.quantity < 2:
        raise InvalidInput(fields={"quantity": [_("A pack holds 2 or more.")]})
    return {
        "name": name,
        "quantity": checked_count(draft.quantity, "quantity", LARGEST_PACK, least=2),
        "barcode": clean_text(draft.barcode or "", "barcode", 120),
        "sku": clean_text(draft.sku or "", "sku", 120),
        "price": checked_amount(draft.price, "price", required=False),
        "sold": bool(draft.sold),
        "for_purchasing": bool(draft.for_purchasing),
    }


def _priced(packs: list[dict[str, Any]]) -> dict[str, tuple[Any, int]]:
    """Own prices with what they are for: moved to another pack or number of pieces, one is another price."""
    return {facts["id"]: (facts["price"], facts["quantity"]) for facts in packs if facts["price"] is not None}


def _facts(pack: Pack) -> dict[str, Any]:
    return {"id": str(pack.pk), **{name: getattr(pack, name) for name in FIELDS}}
