# ruff: noqa: E501 - outlines and tables read better in one line
"""Every pair of text and ground that the pages use can be read, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.selling.storefront.colour import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    Oklch,
    clamp_accent,
    contrast,
    from_hex,
    parse_oklch,
    theme_css,
    to_hex,
)

CSS = Path(__file__).parents[3] / "static" / "css" / "tokens.css"
GROUNDS = ("paper", "paper-raised", "paper-sunk")
TEXT_PAIRS = [
    *((text, ground) for text in ("ink", "ink-soft", "accent-text", "good-text", "warn-text", "bad-text") for ground in GROUNDS),
    *((f"{state}-text", f"{state}-tint") for state in ("accent", "good", "warn", "bad", "info")),
    ("ink", "accent-tint"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
]  # fmt: skip
EDGE_PAIRS = [
    *((edge, ground) for edge in ("edge", "accent", "bad", "accent-text") for ground in GROUNDS),
    *((state, f"{state}-tint") for state in ("good", "warn", "bad", "info")),
]


def _themes() -> dict[str, dict[str, Oklch]]:
    text = CSS.read_text()
    light_text, dark_text = text.split("@media (prefers-color-scheme: dark)")
    pattern = re.compile(r"--([\w-]+):\s*(oklch\([\d.% ]+\));")
    light = {name: parse_oklch(value) for name, value in pattern.findall(light_text)}
    dark = light | {name: parse_oklch(value) for name, value in pattern.findall(dark_text)}
    return {"light": light, "dark": dark}


THEMES = _themes()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_reaches_four_and_a_half(theme: str, text: str, ground: str) -> None:
    assert contrast(THEMES[theme][text], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS)
def test_edges_reach_three(theme: str, edge: str, ground: str) -> None:
    assert contrast(THEMES[theme][edge], THEMES[theme][ground]) >= 3


def test_both_themes_define_the_same_names() -> None:
    dark_text = CSS.read_text().split("@media (prefers-color-scheme: dark)")[1]
    dark = set(re.findall(r"--([\w-]+):\s*oklch", dark_text))
    light = set(THEMES["light"])
    assert light - dark == set()


def test_the_clamp_knows_the_grounds_of_the_tokens() -> None:
    assert {THEMES["light"][name] for name in GROUNDS} == set(LIGHT_GROUNDS)
    assert {THEMES["dark"][name] for name in GROUNDS} == set(DARK_GROUNDS)


@given(st.integers(0, 0xFFFFFF))
def test_any_accent_stays_readable(number: int) -> None:
    wanted = from_hex(f"#{number:06x}")
    for dark, grounds in ((False, LIGHT_GROUNDS), (True, DARK_GROUNDS)):
        made = clamp_accent(wanted, dark=dark)
        assert contrast(made.on_fill, made.fill) >= 4.5
        assert contrast(made.on_fill, made.fill_hover) >= 4.5
        for ground in (*grounds, made.tint):
            assert contrast(made.text, ground) >= 4.5


@given(st.integers(0, 0xFFFFFF))
def test_colours_survive_the_way_there_and_back(number: int) -> None:
    assert to_hex(from_hex(f"{number:06x}")) == f"#{number:06x}"


@pytest.mark.parametrize("nonsense", ["", "red", "#12345", "url(x)", "#00000g", None])
def test_an_unreadable_accent_gives_no_stylesheet(nonsense: str) -> None:
    assert theme_css(nonsense) == ""
