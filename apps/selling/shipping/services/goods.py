"""How goods are sent: shipping class, customs code, country of origin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_countries import countries as all_countries

from apps.goods.catalog.models import Product, Variant
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.ids import new_id
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.selling.shipping import policies
from apps.selling.shipping.models import ShippingItem

MOST_AT_ONCE = 1000
# A product, or one of its variants.
Target = tuple[UUID | None, UUID | None]
_SAID = ("shipping_class", "hs_code", "origin", "customs_text")


@dataclass(frozen=True, slots=True)
class GoodsDraft:
    """What is said of a product, or of one of its variants; what is left empty is as the product has it."""

    product_id: UUID | None = None
    variant_id: UUID | None = None
    shipping_class: str = ""
    hs_code: str = ""
    origin: str = ""
    customs_text: str = ""


@use_case(permission=policies.MANAGE, idempotent=True, audits="shipping.goods_described")
def describe_goods(
    actor: Actor, *, drafts: Sequence[GoodsDraft], facts: Sequence[str] = _SAID, key: str | None = None
) -> list[ShippingItem]:
    """Say how these goods are sent; what was said of the same ones before is replaced. Statements: the same for any.

    Of `facts` only, where they are named: what else is kept of the goods stays, whoever says it meanwhile.

    Returns a row for each, with what was said of it now, also of goods of which nothing is said any more: those are no
    longer kept. An HS code has six to ten digits, with or without points; an origin is a country of two letters. Raises
    `InvalidInput` at the part at fault, `NotFound` for goods that are not the business's.
    """
    if not 1 <= len(drafts) <= MOST_AT_ONCE:
        message = _("Send 1 to %(most)s rows at once.") % {"most": MOST_AT_ONCE}
        raise InvalidInput(message, fields={"goods": [message]})
    rows: dict[Target, dict[str, Any]] = {
        (draft.product_id, draft.variant_id): _cleaned(draft) for draft in drafts
    }
    _refuse_unknown(list(rows))
    known = _known(rows)
    items = [
        ShippingItem(
            id=known[target]["pk"] if target in known else new_id(),
            business_id=actor.business_id,
            product_id=target[0],
            variant_id=target[1],
            **said,
        )
        for target, said in rows.items()
    ]
    ShippingItem.objects.bulk_create(
        items,
        update_conflicts=True,
        update_fields=[*facts, "updated_at"],
        unique_fields=["business", "product", "variant"],
    )
    # After the writing, which holds the rows: nobody can say something of them between the look and the end.
    _of(rows).filter(**dict.fromkeys(_SAID, "")).delete()
    if len(items) == 1:
        ((target, said),) = rows.items()
        before = {name: known[target][name] for name in facts} if target in known else None
        after = {name: said[name] for name in facts}
        audit.record(actor, "shipping.goods_described", items[0], before=before, after=after)
    else:
        audit.record(actor, "shipping.goods_described", None, after={"goods": len(items)})
    return items


def check_draft(draft: GoodsDraft) -> GoodsDraft:
    """The draft as it would be kept; raises `InvalidInput`."""
    return replace(draft, **_cleaned(draft))


def checked_code(text: str) -> str:
    """An HS code as it is kept: its digits; "" for none. Raises `InvalidInput`."""
    code = "".join(letter for letter in text if letter not in " .")
    if code and not (code.isascii() and code.isdigit() and 6 <= len(code) <= 10):
        raise InvalidInput(fields={"hs_code": [_("An HS code has six to ten digits.")]})
    return code


def checked_origin(text: str) -> str:
    """A country of origin as it is kept: two capitals; "" for none. Raises `InvalidInput`."""
    origin = text.strip().upper()
    if origin and not (len(origin) == 2 and all_countries.name(origin)):
        raise InvalidInput(fields={"origin": [_("Write the country as two letters, such as GB.")]})
    return origin


def _cleaned(draft: GoodsDraft) -> dict[str, Any]:
    if (draft.product_id is None) == (draft.variant_id is None):
        raise InvalidInput(fields={"variant_id": [_("Name a product, or one of its variants.")]})
    wrong: dict[str, list[Any]] = {}
    said: dict[str, str] = {}
    for name, read in (("hs_code", checked_code), ("origin", checked_origin)):
        try:
            said[name] = read(getattr(draft, name))
        except InvalidInput as error:
            wrong |= error.fields
    if wrong:
        raise InvalidInput(fields=wrong)
    return {
        "shipping_class": " ".join(clean_text(draft.shipping_class, 40, "shipping_class").split()),
        **said,
        "customs_text": clean_text(draft.customs_text, 70, "customs_text"),
    }


def _refuse_unknown(targets: Sequence[Target]) -> None:
    products = {product for product, _variant in targets if product}
    variants = {variant for _product, variant in targets if variant}
    asked: tuple[tuple[Any, set[UUID]], ...] = ((Product, products), (Variant, variants))
    for model, wanted in asked:
        if wanted:
            found = set(model.objects.filter(pk__in=wanted).values_list("pk", flat=True))
            if found != wanted:
                raise NotFound(id=min(wanted - found))


def _known(targets: Iterable[Target]) -> dict[Target, dict[str, Any]]:
    """What was said of these before, with the key of its row; one query."""
    found = _of(targets).values("pk", "product_id", "variant_id", *_SAID)
    return {(one["product_id"], one["variant_id"]): one for one in found}


def _of(targets: Iterable[Target]) -> QuerySet[ShippingItem]:
    products, variants = zip(*targets, strict=True)
    return ShippingItem.objects.filter(Q(product__in=set(products)) | Q(variant__in=set(variants)))
