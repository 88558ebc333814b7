"""How goods are sent: shipping class, customs code, country of origin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Q
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
    actor: Actor, *, drafts: Sequence[GoodsDraft], key: str | None = None
) -> list[ShippingItem]:
    """Say how these goods are sent; what was said of the same ones before is replaced. Statements: the same for any.

    An HS code has six to ten digits, with or without points; an origin is a country of two letters. Raises
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
    items: list[ShippingItem] = ShippingItem.objects.bulk_create(
        [
            ShippingItem(
                id=known[target]["pk"] if target in known else new_id(),
                business_id=actor.business_id,
                product_id=target[0],
                variant_id=target[1],
                **said,
            )
            for target, said in rows.items()
        ],
        update_conflicts=True,
        update_fields=[*_SAID, "updated_at"],
        unique_fields=["business", "product", "variant"],
    )
    if len(items) == 1:
        ((target, said),) = rows.items()
        before = {name: known[target][name] for name in _SAID} if target in known else None
        audit.record(actor, "shipping.goods_described", items[0], before=before, after=said)
    else:
        audit.record(actor, "shipping.goods_described", None, after={"goods": len(items)})
    return items


def check_draft(draft: GoodsDraft) -> GoodsDraft:
    """The draft as it would be kept; raises `InvalidInput`."""
    return replace(draft, **_cleaned(draft))


def _cleaned(draft: GoodsDraft) -> dict[str, Any]:
    if (draft.product_id is None) == (draft.variant_id is None):
        raise InvalidInput(fields={"variant_id": [_("Name a product, or one of its variants.")]})
    code = "".join(letter for letter in draft.hs_code if letter not in " .")
    wrong: dict[str, list[Any]] = {}
    if code and not (code.isascii() and code.isdigit() and 6 <= len(code) <= 10):
        wrong["hs_code"] = [_("An HS code has six to ten digits.")]
    origin = draft.origin.strip().upper()
    if origin and not (len(origin) == 2 and all_countries.name(origin)):
        wrong["origin"] = [_("Choose a country.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    return {
        "shipping_class": " ".join(clean_text(draft.shipping_class, 40, "shipping_class").split()),
        "hs_code": code,
        "origin": origin,
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
    products, variants = zip(*targets, strict=True)
    rows = ShippingItem.objects.filter(Q(product__in=set(products)) | Q(variant__in=set(variants)))
    found = rows.values("pk", "product_id", "variant_id", *_SAID)
    return {(one["product_id"], one["variant_id"]): one for one in found}
