"""Cleaning what people and files bring: plain text, descriptions, web addresses, search words. Pure functions."""

from __future__ import annotations

import html
import re
import unicodedata

import nh3
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.kernel.errors import InvalidInput

LONGEST_DESCRIPTION = 100_000
ALLOWED_TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl", "dt", "em", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ALLOWED_ATTRIBUTES = {
    "a": {"href", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z/!]")
_WORD = re.compile(r"\w+")
# What a web address of a product may be; Shopify allows doubled hyphens too.
ADDRESS = re.compile(r"[a-z0-9][a-z0-9_-]*")


def clean_text(value: str, field: str, longest: int) -> str:
    """`value` without outer space and in one Unicode form. Raises `InvalidInput` for what no text can hold."""
    text = unicodedata.normalize("NFC", check_characters(value, field)).strip()
    if len(text) > longest:
        raise InvalidInput(fields={field: [_("Use at most %(most)s characters.") % {"most": longest}]})
    return text


def check_characters(value: str, field: str) -> str:
    """`value` itself; raises `InvalidInput` for NUL and lone surrogates, which the database cannot keep."""
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidInput(fields={field: [_("This holds a character that cannot be stored. Remove it.")]})
    return value


def sanitise_html(value: str, field: str = "description_html") -> str:
    """A description that a page may print as it is: harmless tags only. Plain text becomes paragraphs.

    Cleaning what was cleaned changes nothing, so an import of the same text is recognised as unchanged.
    """
    text = clean_text(value, field, LONGEST_DESCRIPTION)
    if not text:
        return ""
    if not _LOOKS_LIKE_HTML.search(text):
        blocks = re.split(r"\n\s*\n", html.unescape(text))
        text = "".join(
            f"<p>{html.escape(block.strip(), quote=False)}</p>" for block in blocks if block.strip()
        )
    cleaned = nh3.clean(
        text,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener noreferrer",
        strip_comments=True,
    )
    kept = str(cleaned).strip()
    return kept if not kept or _LOOKS_LIKE_HTML.search(kept) else f"<p>{kept}</p>"


def address_of(text: str, fallback: str) -> str:
    """The slug for a title: `Ocean Blue Shirt` → `ocean-blue-shirt`."""
    return slugify(text)[:200].strip("-") or fallback


def fold(text: str) -> str:
    """`text` as the search compares it: lower case, no accents, words only. `Café – Noir` → `cafe noir`."""
    plain = unicodedata.normalize("NFKD", text.replace("\x00", " ").casefold())
    return " ".join(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c))))


def search_text_of(
    title: str, vendor_name: str, product_type: str, tags: list[str], skus: list[str], barcodes: list[str]
) -> str:
    """What a product is found by beside its title, folded."""
    return fold(" ".join([title, vendor_name, product_type, *tags, *skus, *barcodes]))[:4000]
