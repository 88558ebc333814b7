# ruff: noqa: E501 - outlines and tables read better in one line
"""Which object the words of a product call for."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

from . import home, table, wear
from .pen import Kind

KINDS: dict[str, Kind] = {**wear.KINDS, **home.KINDS, **table.KINDS}
_WORDS = re.compile(r"[a-z-]+")
_CALLS: dict[str, str] = {word: name for name, kind in reversed(KINDS.items()) for word in kind.words}
_PHRASES = {
    "high tops": "high_top", "watering can": "watering_can", "bedside table": "side_table", "side table": "side_table",
    "plant pot": "plant", "hand cream": "pump", "body wash": "pump", "hand wash": "pump", "body butter": "jar",
    "shea butter": "jar", "olive oil": "bottle", "chopping board": "slats", "varsity top": "jumper",
    "photo frame": "frame", "picture frame": "frame", "wall clock": "clock", "gift card": "cards", "tea towel": "blanket",
    "tea towels": "blanket", "tea light": "candle", "bean bag": "beanbag", "bar stool": "chair", "hot sauce": "bottle",
    "water bottle": "bottle", "shoulder bag": "bag", "table lamp": "lamp", "desk lamp": "lamp", "floor lamp": "lamp",
    "table runner": "rug", "bath mat": "rug", "ink pen": "notebook", "wax print": "blanket", "ankara fabric": "blanket",
    "hanging light": "pendant", "pendant light": "pendant", "pendant lamp": "pendant", "chocolate bar": "bread",
}  # fmt: skip
_ROOMS = {
    "kitchen": "teapot", "tableware": "mug", "dining": "plate", "living": "armchair", "bedroom": "bed", "bathroom": "soap",
    "home": "lamp", "indoor": "lamp", "pantry": "jar", "food": "jar", "drinks": "bottle", "clothing": "shirt",
    "clothes": "shirt", "fashion": "dress", "wardrobe": "jacket", "accessories": "bag", "footwear": "high_top",
    "beauty": "bottle", "stationery": "notebook", "office": "notebook", "toys": "toy", "electronics": "speaker",
    "decor": "vase", "textiles": "blanket", "bakery": "bread", "spoon": "bowl", "spoons": "bowl", "sale": "parcel",
}  # fmt: skip
_CALLS.update({word: name for word, name in _ROOMS.items() if word not in _CALLS or word == "wardrobe"})
_WEAK = {"parcel", "plant", "notebook"}
_STOP = {"with", "for", "of", "and", "in", "by", "on", "from", "the", "a"}
_TEXTILES = (
    ("striped", ("striped", "stripe", "stripes", "breton", "pinstripe")),
    ("checked", ("chequered", "checked", "check", "plaid", "tartan", "gingham", "flannel")),
    ("floral", ("floral", "flower", "flowers", "botanical", "ankara", "blossom", "print")),
    ("knit", ("knitted", "knit", "wool", "woollen", "cable", "crochet", "chunky", "lambswool", "merino")),
    ("dotted", ("dotted", "spotted", "polka", "dots", "adire", "batik")),
)


def _match(words: list[str]) -> str:
    for left, right in itertools.pairwise(words):
        if found := _PHRASES.get(f"{left} {right}"):
            return found
    for word in reversed(words):
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if found := _CALLS.get(form):
                return found
    return ""


@lru_cache(maxsize=8192)
def kind_of(title: str, hints: str = "") -> str:
    """Name of the kind: the noun before a preposition, then the rest of the title, then type, category and tags."""
    words = _WORDS.findall(title.lower())
    cut = next((i for i, word in enumerate(words) if word in _STOP and i), len(words))
    weak = ""
    for part in (words[:cut], words[cut:], _WORDS.findall(hints.lower())):
        found = _match([word for word in part if word not in _STOP])
        if found and found not in _WEAK:
            return found
        weak = weak or found
    return weak or "parcel"


def textile_of(title: str) -> str:
    words = set(_WORDS.findall(title.lower()))
    return next((name for name, called in _TEXTILES if words.intersection(called)), "")
