"""A pasted list becomes lines of a cart; every line is answered, nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel.actors import Actor
from apps.kernel.use_cases import use_case
from apps.selling.checkout.lists import ListLine, read_list
from apps.selling.checkout.models import MAX_QUANTITY, Cart

from .carts import check_may_shop, is_shown
from .filling import fill_cart


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one line: `put_in` pieces are in the cart; a problem says why not all."""

    line: ListLine
    title: str = ""
    put_in: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class QuickOrder:
    """The cart, and every line with its answer."""

    cart: Cart | None
    lines: list[Answered]

    @property
    def left_over(self) -> str:
        """The lines that were not put in whole, as they were pasted, to be mended and pasted again."""
        return "\n".join(one.line.text for one in self.lines if one.problem)


@use_case(unaudited="a visitor's cart, before anything is agreed")
def put_list(actor: Actor, *, cart_token: str | None, text: str, user_id: UUID | None = None) -> QuickOrder:
    """Put the goods of a pasted list (SKU or barcode, and pieces) into the cart: the same few queries for any list.

    A line that cannot be read, found or sold is answered with why; the others go in. The same SKU twice adds up.
    """
    check_may_shop(actor)
    lines = read_list(text)
    # What the store does not show is unknown here: a guess at a SKU must not tell of what is yet to come.
    found = find_by_sku(line.sku for line in lines if not line.problem)
    known = {sku: variant for sku, variant in found.items() if is_shown(variant)}
    wanted: dict[UUID, int] = {}
    for line in lines:
        if not line.problem and (variant := known.get(line.sku.upper())):
            wanted[variant.pk] = min(MAX_QUANTITY, wanted.get(variant.pk, 0) + line.quantity)
    if not wanted:
        return QuickOrder(None, [_answer(line, known.get(line.sku.upper()), None) for line in lines])
    filled = fill_cart(actor, cart_token=cart_token, wanted=wanted, user_id=user_id)
    had = {pk: filled.short.get(pk, asked) for pk, asked in wanted.items()}
    answered = []
    for line in lines:
        variant = None if line.problem else known.get(line.sku.upper())
        put_in = min(line.quantity, had.get(variant.pk, 0)) if variant else 0
        if variant:
            had[variant.pk] -= put_in
        answered.append(_answer(line, variant, put_in))
    return QuickOrder(filled.cart, answered)


def find_by_sku(skus: Iterable[str]) -> dict[str, Variant]:
    """Variants of the store by their SKU or barcode in capitals; one query."""
    wanted = {sku.upper() for sku in skus}
    if not wanted:
        return {}
    rows = list(
        Variant.objects.filter(active=True)
        .annotate(big=Upper("sku"))
        .filter(Q(big__in=wanted) | Q(barcode__in=wanted))
        .select_related("product")
    )
    found: dict[str, Variant] = {}
    for variant in rows:
        found.setdefault((variant.barcode or "").upper(), variant)
    found.update({variant.sku.upper(): variant for variant in rows if variant.sku})
    return found


def _answer(line: ListLine, variant: Variant | None, put_in: int | None) -> Answered:
    if line.problem:
        return Answered(line, problem=line.problem)
    if variant is None:
        return Answered(line, problem=_("We do not know this SKU."))
    title = f"{variant.product.title} {variant.title}".strip()
    if put_in == line.quantity:
        return Answered(line, title, put_in)
    if put_in:
        return Answered(line, title, put_in, _("Only %(count)s could be put in.") % {"count": put_in})
    return Answered(line, title, 0, _("This cannot be bought here right now."))
