"""Slips of the finger: the word of the shop that somebody meant.

The words of the shop are read from its products and kept for a while. A word that none of them begins with is replaced
by the nearest one: one sign off for short words, two for longer ones; two signs that changed places count as one.
"""

from __future__ import annotations

from bisect import bisect_left

from django.core.cache import caches
from django.db.models import CharField, F, Func
from rapidfuzz import process
from rapidfuzz.distance import OSA

from apps.goods.catalog.models import Product
from apps.goods.catalog.text import fold
from apps.kernel.tenancy import require_business_id

SECONDS_KEPT = 600
SHORTEST, LONGEST = 3, 30


class _Words(Func):
    template = "unnest(string_to_array(%(expressions)s, ' '))"
    output_field = CharField()


def words_of_the_shop() -> list[str]:
    """The words of titles, brands, kinds and tags that the store shows, in order; one statement when not kept."""
    key = f"catalog:{require_business_id()}:words"
    words: list[str] | None = caches["pages"].get(key)
    if words is None:
        rows = Product.objects.visible().order_by().annotate(word=_Words(F("search_text")))
        found = rows.values_list("word", flat=True).distinct().iterator()
        words = sorted(word for word in found if SHORTEST <= len(word) <= LONGEST and word.isalpha())
        caches["pages"].set(key, words, SECONDS_KEPT)
    return words


def respelled(term: str) -> str | None:
    """`term` with its unknown words replaced; None when it has none, or one that is near to nothing."""
    known = words_of_the_shop()
    meant: list[str] = []
    changed = False
    for word in fold(term).split():
        place = bisect_left(known, word)
        if not word.isalpha() or (place < len(known) and known[place].startswith(word)):
            meant.append(word)
            continue
        far = 1 if len(word) < 6 else 2
        nearest = process.extractOne(word, known, scorer=OSA.distance, score_cutoff=far)
        if nearest is None or len(word) < SHORTEST:
            return None
        meant.append(nearest[0])
        changed = True
    return " ".join(meant) if changed else None
