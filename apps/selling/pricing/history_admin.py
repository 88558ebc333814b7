"""What the store asked over time, on the variant's page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Variant
from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_amount, format_moment
from apps.platform.backoffice.detail import Section, tells_of

from .history import Point, lowest_before_reduction
from .selectors import history_of

MOST = 50


@tells_of(Variant)
def prices_over_time(actor: Actor, variant: Variant) -> list[Section]:
    """Every price since the first change, newest first, and the lowest before a reduction."""
    if not actor.may("products.read"):
        return []
    points = history_of([variant.pk]).get(variant.pk, [])
    if len(points) < 2:
        return []
    lowest = lowest_before_reduction(points)
    footer: list[list[Any]] = []
    if lowest is not None:
        footer = [[_now("Lowest of the 30 days before the reduction"), format_amount(lowest), ""]]
    return [
        Section(
            title=_("Prices over time"),
            columns=[_("Since"), _("Price"), _("Before")],
            rows=[_row(point) for point in reversed(points[-MOST:])],
            align={1: "end", 2: "end"},
            footer=footer,
        )
    ]


def _row(point: Point) -> list[Any]:
    was = format_amount(point.was) if point.was is not None else ""
    return [format_moment(point.since), format_amount(point.price), was]
