"""The smallest package that holds a parcel's goods."""

from __future__ import annotations

import pytest

from apps.kernel.ids import new_id
from apps.selling.shipping.fitting import Goods, smallest_that_holds
from apps.selling.shipping.models import Package

HERE = new_id()
TUBE = Package(business_id=HERE, name="Tube", length_mm=900, width_mm=100, height_mm=100)
SMALL = Package(business_id=HERE, name="Small", length_mm=300, width_mm=200, height_mm=100)
LARGE = Package(business_id=HERE, name="Large", length_mm=600, width_mm=400, height_mm=400)


@pytest.mark.parametrize(
    ("goods", "holds"),
    [
        ([Goods(1, (100, 300, 200))], SMALL),  # turned as it may be
        ([Goods(2, (100, 300, 200))], LARGE),  # more than its room
        ([Goods(1, (90, 800, 90))], TUBE),  # too long for more room
        ([Goods(1, (90, 800, 90)), Goods(1, (300, 90, 90)), Goods(3, (90, 90, 90))], None),
        ([Goods(1, (601, 10, 10)), Goods(1, (10, 110, 110))], None),
        ([Goods(1, (100, 300, 200)), Goods(1, (0, 0, 0))], None),  # not known
        ([], None),
    ],
)
def test_by_sides_and_by_room(goods: list[Goods], holds: Package | None) -> None:
    assert smallest_that_holds(goods, [LARGE, TUBE, SMALL]) is holds
