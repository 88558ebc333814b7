"""What things cost for this visitor at this moment, on the pages of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel import clock
from apps.selling.pricing.choosing import ResolvedPrice
from apps.selling.pricing.history import lowest_before_reduction
from apps.selling.pricing.resolving import Buyer, cheaper_by_quantity, shown_prices
from apps.selling.pricing.selectors import history_of
from apps.selling.pricing.services.keeping import ranges_of

from .cards import money
from .doors import Visit
from .packs import price_words

Breaks = tuple[tuple[int, Decimal], ...]


def price_rows(
    visit: Visit,
    *lists: Sequence[dict[str, Any]],
    also: Iterable[UUID] = (),
    breaks: dict[UUID, Breaks] | None = None,
) -> dict[UUID, ResolvedPrice]:
    """Put the prices of this moment into rows of cards; returns those of the variants of these products and of `also`,
    and notes in `breaks` from how many pieces on each costs less.

    One statement for any number of rows, none for a store without price lists: there the kept prices are right.
    """
    wanted = {row["pk"] for rows in lists for row in rows} | set(also)
    shown = shown_prices(visit.business, wanted, buyer=Buyer(user_id=visit.user_id), at=clock.now())
    ranges = ranges_of(shown)
    for rows in lists:
        for row in rows:
            if row["pk"] in ranges:
                row["min_price"], row["max_price"], row["compare_at_price"] = ranges[row["pk"]]
    if breaks is not None:
        breaks.update({one.variant_id: cheaper_by_quantity(one, visit.business.currency) for one in shown})
    return {one.variant_id: one.price for one in shown}


def say_more(
    offers: list[dict[str, Any]], variants: Sequence[Variant], currency: str, breaks: Mapping[UUID, Breaks]
) -> None:
    """Put into offers what more pieces cost, and into those that are reduced the lowest price of the thirty days
    before; no query when none is."""
    reduced = [UUID(offer["id"]) for offer in offers if offer["was"]]
    known = history_of(reduced) if reduced else {}
    by_id = {variant.pk: variant for variant in variants}
    for offer in offers:
        offer["breaks"] = " · ".join(
            _("from %(count)s: %(price)s each") % {"count": count, "price": money(each, currency)}
            for count, each in breaks.get(UUID(offer["id"]), ())
        )
        points = known.get(UUID(offer["id"]), [])
        lowest = lowest_before_reduction(points)
        offer["lowest"] = (
            _("Lowest price in the 30 days before: %(price)s")
            % {"price": price_words(by_id[UUID(offer["id"])], currency, lowest)}
            if lowest is not None
            else ""
        )
