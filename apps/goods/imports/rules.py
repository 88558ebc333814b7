"""How the rows of a file are put together: what is chosen on the mapping page beside the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.utils.translation import gettext as _

from apps.goods.imports.columns import flavour
from apps.kernel.errors import InvalidInput

SEPARATORS = (">", "/", "|", ",", ";")
# Codes that shops put on invoices beside their goods.
NO_PRODUCTS = "POST, POSTAGE, DOT, C2, D, M, S, B, BANK CHARGES, AMAZONFEE, CRUK, SHIPPING, DISCOUNT, gift_*"
MOST_PATTERNS = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """`one_per` is the heading whose values stand for one product each, whatever the number of their rows."""

    one_per: str = ""
    no_products: str = ""
    category_separator: str = ">"
    make_skus: bool = False

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Rules:
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    def leaves_out(self, code: str) -> bool:
        """Whether the code is on the list of those that are no products."""
        return any(fnmatchcase(code.upper(), pattern) for pattern in self.patterns())

    def patterns(self) -> list[str]:
        parts = self.no_products.replace("\n", ",").split(",")
        return [part.strip().upper() for part in parts if part.strip()][:MOST_PATTERNS]


def checked_rules(rules: Mapping[str, Any], headings: Sequence[str]) -> Rules:
    """The rules as they may be kept; raises `InvalidInput`."""
    found = Rules.read(rules)
    if found.one_per and found.one_per not in headings:
        raise InvalidInput(fields={"one_per": [_("Choose one of the headings of the file.")]})
    if found.category_separator not in SEPARATORS:
        raise InvalidInput(fields={"category_separator": [_("Choose one of the signs.")]})
    if len(found.no_products) > 4000:
        raise InvalidInput(fields={"no_products": [_("Use at most %(most)s characters.") % {"most": 4000}]})
    return found


def guess_rules(
    headings: Sequence[str], mapping: Mapping[str, str], samples: Sequence[Sequence[str]]
) -> Rules:
    """What the file looks like: invoice lines are put together, comma lists of categories are taken apart."""
    one_per = mapping.get("sku", "") if flavour(headings) == "invoice_lines" else ""
    separator = ">"
    if heading := mapping.get("category"):
        cells = list(samples[list(headings).index(heading)]) if samples else []
        if not any(">" in cell for cell in cells):
            separator = next((sign for sign in ("/", "|", ",") if any(sign in cell for cell in cells)), ">")
    return Rules(one_per=one_per, no_products=NO_PRODUCTS if one_per else "", category_separator=separator)
