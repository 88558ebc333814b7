"""Making the missing variants of a matrix. Stock, orders and receipts are the services of those who keep them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import SIDES, VariantDraft
from apps.goods.catalog.models import Variant
from apps.goods.catalog.services import add_variant
from apps.goods.catalog.services.products import lock_product
from apps.goods.garments.grid import read_grids
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.use_cases import use_case

MOST_CELLS = 300


@use_case(permission="products.change", idempotent=True, audits="products.variant_added")
def add_variants(
    actor: Actor,
    *,
    product_id: UUID,
    wanted: Sequence[tuple[str, str]],
    price: Decimal | None = None,
    cost: Decimal | None = None,
    key: str | None = None,
) -> list[Variant]:
    """Make the variants of these sizes and colours that are missing, at `price` (else the lowest of the product).

    What is there already stays as it is. Raises `WrongState` for a product whose options are not size (and colour),
    `InvalidInput` for an empty size or too many, `NotFound`.
    """
    cells = list(dict.fromkeys((size.strip(), colour.strip()) for size, colour in wanted))
    if not cells:
        raise InvalidInput(_("Tick at least one size."))
    if len(cells) > MOST_CELLS:
        raise InvalidInput(_("At most %(most)s at once.") % {"most": MOST_CELLS})
    product = lock_product(product_id)
    grid = read_grids([product_id]).get(product_id)
    if grid is None:
        raise WrongState(
            _("A matrix needs a product whose options are size, or size and colour."),
            remedy=_("Name its options Size and Colour."),
        )
    if any(not size or (grid.axes.colour is not None and not colour) for size, colour in cells):
        raise InvalidInput(_("Each variant needs a size and a colour."))
    sibling = next(iter(grid.variants.values()), None)
    made = []
    for size, colour in cells:
        if (size, colour) in grid.variants:
            continue
        draft = VariantDraft(
            price=product.min_price if price is None else price,
            option_values=grid.axes.values(size, colour),
            cost=cost if cost is not None else sibling.cost if sibling else None,
            weight_grams=sibling.weight_grams if sibling else 0,
            **({name: getattr(sibling, name) for name in SIDES} if sibling else {}),
        )
        made.append(add_variant(actor, product_id=product_id, draft=draft))
    return made
