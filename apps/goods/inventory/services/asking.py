"""Locking what may be promised, with the policy and the locations' places read in the same query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db.models import JSONField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from apps.goods.inventory.allocation import Place, Policy
from apps.goods.inventory.models import AllocationPolicy, PlaceSite, StockBalance
from apps.goods.inventory.nearness import Site
from apps.goods.inventory.services.shelves import balances_of, distinct_ids
from apps.kernel import locks
from apps.kernel.locks import Rank
from apps.kernel.prepared import Prepared

_POLICY = {
    "way": "way",
    "split": "split",
    "places": "places",
    "only_listed": "only_listed",
    "location": "location_id",
    "open": "location__active",
}


def lock_for_promise(variant_ids: Iterable[UUID], channel: str, **places: Any) -> list[Any]:
    """Lock the balances of the variants at open locations, with `policy` and `site`, in one query."""
    variant_ids = distinct_ids(variant_ids)
    if not places:
        return locks.lock_prepared(Rank.STOCK, _AT_OPEN_PLACES, variant_ids, channel)
    return locks.lock(Rank.STOCK, at_open_places(variant_ids, channel).filter(**places))


def at_open_places(variant_ids: list[UUID], channel: str) -> QuerySet[StockBalance]:
    """The balances that an order of this channel may be taken from, not locked."""
    sites = PlaceSite.objects.filter(location=OuterRef("location")).order_by()
    return (
        balances_of(variant_ids)
        .filter(location__active=True)
        .annotate(
            policy=Subquery(_policies(channel), output_field=JSONField()),
            site=Subquery(
                sites.values(
                    found=JSONObject(
                        country="country",
                        region="region",
                        postcode="postcode",
                        latitude="latitude",
                        longitude="longitude",
                    )
                ),
                output_field=JSONField(),
            ),
        )
    )


def _policies(channel: str) -> QuerySet[Any, Any]:
    # The channel's own comes before the one for all, whose channel is empty.
    rows = AllocationPolicy.objects.filter(Q(channel="") | Q(channel=channel)).order_by("-channel")
    return rows.values(found=JSONObject(**_POLICY))[:1]


# The way of every reservation.
_AT_OPEN_PLACES = Prepared(
    lambda variant_ids, channel: locks.to_lock(at_open_places(variant_ids, channel)), [uuid4()], uuid4().hex
)


def policy_of(rows: Sequence[Any]) -> Policy:
    """The policy that was read with the balances."""
    return Policy.read(rows[0].policy if rows else None)


def place_of(row: Any) -> Place:
    """The location of a balance, with where it lies."""
    return Place(row.location_id, is_default=row.location.is_default, site=Site.read(row.site))
