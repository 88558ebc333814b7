"""Units convert exactly, prices by measure are what the law compares, rules count in packs. No database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.goods.catalog.amounts import QuantityRule
from apps.goods.catalog.drafts import VariantDraft, checked_variant
from apps.goods.catalog.units import (
    UNITS,
    convert,
    measure_for,
    per_measure_words,
    price_per_measure,
    quantity_words,
)
from apps.goods.imports.measures import contents, read_packs, substance, written_packs
from apps.kernel.errors import InvalidInput
from apps.selling.storefront.analyses import contents as shown_contents

D = Decimal


def test_units_convert_exactly_within_their_dimension() -> None:
    assert convert(1500, "g", "kg") == D("1.5")
    assert convert(1, "lb", "oz") == 16
    assert convert(convert(7, "yd", "in"), "in", "yd") == 7
    assert [quantity_words(1500, "g", "kg"), quantity_words(12, "piece"), quantity_words(250, "cm", "m")] == [
        "1.5 kg", "12", "2.5 m",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="is no length"):
        convert(1, "g", "m")
    assert all(unit.factor > 0 for unit in UNITS.values())


@pytest.mark.parametrize(
    ("price", "amount", "unit", "words"),
    [
        ("4.80", "400", "g", "12.00 per kg"),
        ("3.00", "250", "g", "1.20 per 100 g"),
        ("9.00", "0.75", "l", "12.00 per l"),
        ("2.00", "12", "cl", "1.67 per 100 ml"),
        ("6.00", "8", "oz", "0.75 per oz"),
        ("6.00", "1.5", "lb", "4.00 per lb"),
        ("2.00", "40", "piece", "0.05 each"),
        ("30.00", "250", "cm", "12.00 per m"),
    ],
)
def test_a_price_is_compared_by_the_measure_of_its_contents(
    price: str, amount: str, unit: str, words: str
) -> None:
    each, measure = price_per_measure(D(price), D(amount), unit)
    assert per_measure_words(f"{each:.2f}", measure) == words
    assert measure == measure_for(D(amount), unit)


def test_a_rule_counts_in_packs() -> None:
    rule = QuantityRule(6, 60, 6)
    dozen, four = rule.in_packs(12), rule.in_packs(4)
    assert (dozen.least, dozen.most, dozen.step) == (1, 5, 1)
    # Four at a time reach a multiple of six only by three packs.
    assert (four.least, four.most, four.step) == (3, 15, 3)
    for size in (2, 4, 5, 7, 12):
        packs = rule.in_packs(size)
        assert [n for n in range(40) if packs.allows(n)] == [
            n for n in range(40) if n and rule.allows(n * size)
        ]
    assert not any(QuantityRule(1, 10, 1).in_packs(12).allows(n) for n in range(40))
    assert QuantityRule(100, 900, 50, "g").words == "Sold from 100 g, in steps of 50 g, up to 900 g at once."


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"unit": "stone"}, "unit"),
        ({"unit": "g", "shown_unit": "m"}, "shown_unit"),
        ({"content_amount": D(5)}, "content_unit"),
        ({"content_unit": "g"}, "content_amount"),
        ({"content_amount": D(0), "content_unit": "g"}, "content_amount"),
        ({"content_amount": D("0.0001"), "content_unit": "g"}, "content_amount"),
        ({"order_min": 0}, "order_min"),
    ],
)
def test_what_does_not_belong_together_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_variant(VariantDraft(price=D(1), **given))
    assert list(refused.value.fields) == [field]


def test_cells_of_files_say_contents_and_packs() -> None:
    def of(text: str) -> tuple[Any, Any, str]:
        said = substance("thc", text)
        return said["thc_min"], said["thc_max"], said["thc_unit"]

    assert of("18.5%") == of("18,5 %") == of("18.5") == (D("18.5"), D("18.5"), "percent")
    assert of("18 - 22 %") == of("22% - 18%") == (D(18), D(22), "percent")
    assert of("10mg") == of("10 MG") == (D(10), D(10), "mg")
    assert of("1,120mg") == (D(1120), D(1120), "mg")
    assert of("100 to 250 mg") == (D(100), D(250), "mg")
    assert of("") == (None, None, "percent")
    for wrong in ("strong", "110%", "10 ml", "-3%"):
        with pytest.raises(InvalidInput):
            substance("thc", wrong)
    assert shown_contents(D("10.00"), D("10.00"), "mg") == "10 mg"
    assert shown_contents(D(18), D(22), "percent") == "18 to 22 %"
    assert contents("0,75 l") == {"content_amount": D("0.750"), "content_unit": "l"}
    assert contents("1,500 g")["content_amount"] == 1500
    assert contents("2 m²")["content_unit"] == "m2"
    text = "Case of 12 = 12; 5012345678900; CASE; 14; sold | Box = 6; ; ; ; purchasing"
    first, second = read_packs(text)
    assert (first.name, first.quantity, first.barcode, first.price, first.sold) == (
        "Case of 12", 12, "5012345678900", D(14), True,
    )  # fmt: skip
    assert (second.quantity, second.price, second.sold, second.for_purchasing) == (6, None, False, True)
    assert read_packs(written_packs([first, second])) == [first, second]
    with pytest.raises(InvalidInput):
        read_packs("Case of twelve")
