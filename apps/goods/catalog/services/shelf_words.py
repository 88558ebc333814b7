"""What is said about categories, brands and collections."""

from __future__ import annotations

from apps.goods.catalog.drafts import UNSET
from apps.goods.catalog.text import clean_text

LONGEST = {"description": 2000, "seo_title": 255, "seo_description": 500}


def checked_words(**given: str) -> dict[str, str]:
    """The words that were given, cleaned; what is UNSET is left out. Raises `InvalidInput` naming the field."""
    return {name: clean_text(text, name, LONGEST[name]) for name, text in given.items() if text is not UNSET}
