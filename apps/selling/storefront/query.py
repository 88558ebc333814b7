"""What a shopper asked of the list, read from the address. Whatever stands there, there is an answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.goods.catalog.selectors import LONGEST_TERM, SORTS, Asked

LARGEST_PRICE = Decimal("100000000")
HUNDRED = Decimal(100)
CONTENTS = ("thc_min", "thc_max", "cbd_min", "cbd_max")
LAST_PAGE = 500


@dataclass(frozen=True, slots=True)
class ListQuery:
    q: str = ""
    category: str = ""
    brand: str = ""
    tag: str = ""
    min: str = ""
    max: str = ""
    in_stock: bool = False
    sale: bool = False
    sort: str = "newest"
    page: int = 1
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    classification: str = ""
    colour: str = ""
    thc_min: Decimal | None = None
    thc_max: Decimal | None = None
    cbd_min: Decimal | None = None
    cbd_max: Decimal | None = None
    complaints: tuple[str, ...] = field(default=())

    @property
    def is_filtered(self) -> bool:
        chosen = (
            self.q or self.category or self.brand or self.tag or self.colour or self.in_stock or self.sale
        )
        return bool(chosen) or self.has_price or self.has_licensed

    @property
    def has_licensed(self) -> bool:
        """Whether something of the licensed trade is asked for."""
        return bool(self.classification) or any(getattr(self, name) is not None for name in CONTENTS)

    @property
    def has_price(self) -> bool:
        return self.min_price is not None or self.max_price is not None

    def asked(self, **more: Any) -> Asked:
        """The same as the catalogue reads it; `more` says what the page itself stands for."""
        said: dict[str, Any] = {
            "term": self.q, "category": self.category, "brand": self.brand, "tag": self.tag, "sort": self.sort,
            "min_price": self.min_price, "max_price": self.max_price, "in_stock": self.in_stock, "sale": self.sale,
        }  # fmt: skip
        said |= {name: getattr(self, name) for name in ("classification", "colour", *CONTENTS)}
        return Asked(**{**said, **more})

    def address(self, url: str, **changes: object) -> str:
        """The list's address with some answers changed; what is at rest is left out."""
        now = replace(self, **changes) if changes else self  # type: ignore[arg-type]
        parts: dict[str, object] = {"q": now.q, "category": now.category, "brand": now.brand, "tag": now.tag}
        parts |= {"min": now.min, "max": now.max}
        parts |= {"classification": now.classification, "colour": now.colour}
        parts |= {name: f"{n:f}" for name in CONTENTS if (n := getattr(now, name)) is not None}
        parts |= {"in_stock": "1" if now.in_stock else "", "sale": "1" if now.sale else ""}
        parts |= {"sort": now.sort if now.sort != "newest" else "", "page": now.page if now.page > 1 else ""}
        text = urlencode({name: value for name, value in parts.items() if value})
        return f"{url}?{text}" if text else url


def clean_term(text: str) -> str:
    """Search words without control characters, at most as long as the catalogue reads."""
    return "".join(sign for sign in text if sign.isprintable()).strip()[:LONGEST_TERM]


def read_query(asked: QueryDict) -> ListQuery:
    """Read the address. What cannot be meant is left out and named in `complaints`."""
    complaints: list[str] = []
    low = _price(asked.get("min", ""), complaints)
    high = _price(asked.get("max", ""), complaints)
    if low is not None and high is not None and low > high:
        low, high = high, low
    contents = {name: _number(asked.get(name, ""), HUNDRED, complaints) for name in CONTENTS}
    page = asked.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    sort = asked.get("sort", "newest")
    return ListQuery(
        q=clean_term(asked.get("q", "")),
        category=clean_term(asked.get("category", "")),
        brand=clean_term(asked.get("brand", "")),
        tag=clean_term(asked.get("tag", "")),
        min=f"{low:f}" if low is not None else "",
        max=f"{high:f}" if high is not None else "",
        in_stock=bool(asked.get("in_stock")),
        sale=bool(asked.get("sale")),
        sort=sort if sort in SORTS else "newest",
        page=max(1, min(number, LAST_PAGE)),
        min_price=low,
        max_price=high,
        classification=clean_term(asked.get("classification", "")),
        colour=clean_term(asked.get("colour", "")),
        **contents,
        complaints=tuple(complaints),
    )


def _price(text: str, complaints: list[str]) -> Decimal | None:
    return _number(text, LARGEST_PRICE, complaints)


def _number(text: str, most: Decimal, complaints: list[str]) -> Decimal | None:
    text = clean_term(text).replace(" ", "").replace(",", ".") if text else ""
    if not text:
        return None
    try:
        amount = Decimal(text) if len(text) <= 12 else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or not 0 <= amount <= most:
        words = (
            _("“%(text)s” is not a price, so it was left out.")
            if most == LARGEST_PRICE
            else _("“%(text)s” is not per cent, so it was left out.")
        )
        complaints.append(words % {"text": text[:20]})
        return None
    return amount
