"""Drawn pictures: the right object, the named colour, the same bytes, nothing that could run."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.selling.storefront.pictures import VIEWS, Subject, colour_hex, draw, draw_mark, draw_shelf
from apps.selling.storefront.pictures.kinds import KINDS, kind_of


@pytest.mark.parametrize(
    ("title", "hints", "kind"),
    [
        ("Ocean Blue Shirt", "men", "shirt"),
        ("LED High Tops", "men", "high_top"),
        ("Yellow watering can", "Outdoor Plants", "watering_can"),
        ("Candle in a glass", "", "candle"),
        ("Set of 4 mugs", "", "mug"),
        ("Bedside Table", "Indoor", "side_table"),
        ("Wooden outdoor slats", "Outdoor", "slats"),
        ("Something unheard of", "Clothing shirt", "shirt"),
        ("Qwxyz", "", "parcel"),
    ],
)
def test_words_call_the_object(title: str, hints: str, kind: str) -> None:
    assert kind_of(title, hints) == kind


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("view", range(1, VIEWS + 1))
def test_every_kind_draws_well_formed_svg(kind: str, view: int) -> None:
    text = draw(Subject(KINDS[kind].words[0]), view)
    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert len(text) < 20_000


@given(st.text(max_size=300))
def test_any_title_draws_and_nothing_can_run(title: str) -> None:
    for view in range(1, VIEWS + 1):
        text = draw(Subject(title, title), view)
        assert "<script" not in text
        assert "style=" not in text
        assert "nan" not in text
        ElementTree.fromstring(text)


def test_the_same_words_give_the_same_bytes_and_other_words_another_hash() -> None:
    draw.cache_clear()
    first = draw(Subject("Teapot, rust"))
    draw.cache_clear()
    assert draw(Subject("Teapot, rust")) == first
    assert Subject("Teapot, rust").hash != Subject("Teapot, sage").hash


def test_colour_words_decide() -> None:
    red = colour_hex("Crimson red")
    assert int(red[1:3], 16) > int(red[5:7], 16)
    assert colour_hex("Large") == ""
    assert draw(Subject("Mug"), 1) != draw(Subject("Mug", colour="Red"), 1)


def test_a_shelf_and_a_mark_are_drawn_for_any_store() -> None:
    for subjects in (
        [],
        [Subject("Mug")],
        [Subject(title) for title in ("Mug", "Shirt", "Sofa", "Boots", "Clock")],
    ):
        ElementTree.fromstring(draw_shelf(subjects))
    for accent in ("#1b6b47", "nonsense", ""):
        ElementTree.fromstring(draw_mark("Harbour & Oak", accent))


@pytest.mark.parametrize("name", ["shopify_apparel.csv", "shopify_home_and_garden.csv"])
def test_every_product_of_the_sample_catalogues_has_its_own_object(name: str) -> None:
    path = Path(__file__).parents[4] / "shared" / "data" / name
    if not path.exists():
        pytest.skip("the sample catalogue is not here")
    with path.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["Title"]]
    assert [
        row["Title"] for row in rows if kind_of(row["Title"], f"{row['Type']} {row['Tags']}") == "parcel"
    ] == []
