"""Cells about units, contents, quantities and packs: what they mean. No database here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import PackDraft, checked_unit
from apps.goods.catalog.models import Pack, Product
from apps.goods.catalog.units import UNITS
from apps.kernel.errors import InvalidInput

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d{1,3})?|\d{1,7}(?:[.,]\d{1,3})?)"
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,3})?", re.ASCII)
_SUBSTANCE = re.compile(
    rf"(?P<low>{_NUMBER})\s*(?:%|mg)?\s*(?:(?:-|–|to)\s*(?P<high>{_NUMBER})\s*)?(?P<unit>%|mg)?",
    re.ASCII | re.IGNORECASE,
)
_CONTENTS = re.compile(rf"(?P<amount>{_NUMBER})\s*(?P<unit>[a-z2² ]{{1,8}})", re.IGNORECASE)
_BY_SIGN = {unit.sign.casefold(): unit.code for unit in UNITS.values()}
SUBSTANCES = ("thc", "cbd")
QUANTITIES = ("order_min", "order_step", "order_max")
PACKS_SEPARATOR = "|"


def substance(name: str, text: str) -> dict[str, Any]:
    """`18.5%`, `18 - 22 %`, `10mg`: least, most and unit of a substance; a bare number is per cent. Empty: nothing."""
    if not text:
        return {f"{name}_min": None, f"{name}_max": None, f"{name}_unit": "percent"}
    found = _SUBSTANCE.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(fields={name: [_("Write per cent or milligrams, such as 18.5% or 10mg.")]})
    low = _decimal(found["low"])
    high = _decimal(found["high"]) if found["high"] else low
    # "10mg" ends the first number where there is no second one.
    unit = "mg" if "mg" in text.casefold() else "percent"
    if low > high:
        low, high = high, low
    if unit == "percent" and high > 100:
        raise InvalidInput(fields={name: [_("That is more than 100 per cent. Write mg behind milligrams.")]})
    return {f"{name}_min": low, f"{name}_max": high, f"{name}_unit": unit}


def substance_words(product: Product, name: str) -> str:
    """The contents of a product as `substance` reads them."""
    low, high = getattr(product, f"{name}_min"), getattr(product, f"{name}_max")
    if low is None:
        return ""
    unit = "mg" if getattr(product, f"{name}_unit") == "mg" else "%"
    first = f"{low.normalize():f}"
    return f"{first}{unit}" if low == high else f"{first} - {high.normalize():f}{unit}"


def contents(text: str) -> dict[str, Any]:
    """`400 g`, `0.75 l`: amount and unit. Empty: not said."""
    if not text:
        return {"content_amount": None, "content_unit": ""}
    found = _CONTENTS.fullmatch(text.strip())
    code = found["unit"].strip().casefold() if found else ""
    code = _BY_SIGN.get(code, code)
    if found is None or code not in UNITS:
        raise InvalidInput(fields={"contents": [_("Write an amount and a unit, such as 400 g or 0.75 l.")]})
    return {"content_amount": _decimal(found["amount"], "0.001"), "content_unit": code}


def quantity(text: str) -> int | None:
    """A number of a rule of quantities; empty is the product's rule."""
    if not text:
        return None
    if not re.fullmatch(r"\d{1,6}", text) or not int(text):
        raise InvalidInput(fields={"order_min": [_("Enter a whole number of one or more.")]})
    return int(text)


def read_packs(text: str) -> list[PackDraft]:
    """`Case of 12 = 12; 5012345678900; CASE-12; 14.00; sold, purchasing | Box = 6`."""
    packs = []
    for part in (part.strip() for part in text.split(PACKS_SEPARATOR)):
        if not part:
            continue
        name, _equals, rest = part.rpartition("=")
        holds, barcode, sku, price, uses = [*(cell.strip() for cell in rest.split(";")), "", "", "", ""][:5]
        if not name.strip() or not re.fullmatch(r"\d{1,7}", holds) or not _is_amount(price):
            message = _("Write packs as “Case of 12 = 12; barcode; SKU; price; sold” with | between them.")
            raise InvalidInput(fields={"packs": [message]})
        words = uses.casefold()
        packs.append(
            PackDraft(
                name=name.strip()[:80],
                quantity=int(holds),
                barcode=barcode,
                sku=sku,
                price=Decimal(price) if price else None,
                sold="sold" in words,
                for_purchasing="purchasing" in words,
            )
        )
    return packs


def written_packs(packs: Sequence[Pack | PackDraft]) -> str:
    """The packs of a variant as `read_packs` takes them."""
    return f" {PACKS_SEPARATOR} ".join(_written(pack) for pack in packs)


def variant_readers(has: Callable[[str], bool]) -> list[tuple[str, Callable[[str], dict[str, Any]]]]:
    """The columns that the file has, each with what its cell says of a variant."""
    readers: list[tuple[str, Callable[[str], dict[str, Any]]]] = [
        (name, lambda text, name=name: {name: checked_unit(text, name)})  # type: ignore[misc]
        for name in ("unit", "shown_unit")
    ]
    readers.append(("contents", contents))
    readers += [(name, lambda text, name=name: {name: quantity(text)}) for name in QUANTITIES]  # type: ignore[misc]
    return [(code, read) for code, read in readers if has(code)]


def _written(pack: Pack | PackDraft) -> str:
    price = "" if pack.price is None else f"{pack.price.normalize():f}"
    uses = [word for word, on in (("sold", pack.sold), ("purchasing", pack.for_purchasing)) if on]
    return f"{pack.name} = {pack.quantity}; {pack.barcode}; {pack.sku}; {price}; {', '.join(uses)}"


def _is_amount(text: str) -> bool:
    return not text or re.fullmatch(r"\d{1,9}(\.\d{1,4})?", text) is not None


def _decimal(text: str, places: str = "0.01") -> Decimal:
    # "1,120mg" are eleven hundred, "18,5 %" are eighteen and a half.
    plain = text.replace(",", "") if _GROUPED.fullmatch(text) else text.replace(",", ".")
    return Decimal(plain).quantize(Decimal(places))
