"""A postal address as a value: cleaned, bounded, comparable."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from django.utils.translation import gettext as _
from django_countries import countries

from apps.kernel.errors import InvalidInput

# Where nothing is delivered without one (the address data of the Universal Postal Union and of browsers).
NEEDS_POSTCODE = frozenset({
    "AT", "AU", "BE", "BR", "CA", "CH", "CN", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GG", "GR", "HU", "IM",
    "IN", "IT", "JE", "JP", "KR", "LT", "LU", "LV", "MX", "NL", "NO", "NZ", "PL", "PR", "PT", "RU", "SE", "SG", "SI",
    "SK", "TR", "TW", "UA", "US", "ZA",
})  # fmt: skip
REGION_AND_POSTCODE_LAST = frozenset({"US", "CA", "AU"})
POSTCODE_ON_ITS_OWN_LINE = frozenset({"GB", "IE", "NZ", "GG", "IM", "JE"})
LONGEST = {"name": 120, "line1": 120, "line2": 120, "city": 80, "region": 80, "postcode": 20, "country": 2}


def clean_text(value: str | None, longest: int, field: str) -> str:
    """`value` without the spaces around it; raises `InvalidInput` for control characters or too much text."""
    text = (value or "").strip()
    # PostgreSQL refuses NUL and lone surrogates with an error page; a line break would forge a label.
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        message = _("This text has characters that cannot be used here.")
        raise InvalidInput(message, fields={field: [message]})
    if len(text) > longest:
        message = _("Use at most %(longest)s characters.") % {"longest": longest}
        raise InvalidInput(message, fields={field: [message]})
    return text


def clean_note(value: str | None) -> str:
    """Free text of several lines, without what the database cannot keep."""
    return "".join(letter for letter in (value or "") if _can_be_kept(letter)).strip()


def _can_be_kept(letter: str) -> bool:
    return letter in "\n\t" or (ord(letter) >= 32 and not 0xD800 <= ord(letter) <= 0xDFFF)


def postal_lines(streets: tuple[str, str], city: str, region: str, postcode: str, country: str) -> list[str]:
    """An address as envelopes of that country have it, without the name."""
    name = countries.name(country) or country
    if country in REGION_AND_POSTCODE_LAST:
        area = " ".join(part for part in (region, postcode) if part)
        lines = [*streets, ", ".join(part for part in (city, area) if part), name]
    elif country in POSTCODE_ON_ITS_OWN_LINE:
        lines = [*streets, city, region, postcode, name]
    else:
        lines = [*streets, " ".join(part for part in (postcode, city) if part), region, name]
    return [str(line) for line in lines if line]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """Where something goes. `country` is an ISO 3166 code of two letters."""

    name: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""

    def cleaned(self) -> PostalAddress:
        """The address with every part cleaned; raises `InvalidInput` that names all parts at fault."""
        problems: dict[str, list[str]] = {}
        parts: dict[str, str] = {}
        for field in fields(self):
            try:
                parts[field.name] = clean_text(getattr(self, field.name), LONGEST[field.name], field.name)
            except InvalidInput as error:
                problems |= error.fields
        country = parts.get("country", "").upper()
        if country and country not in countries:
            problems["country"] = [_("Choose a country from the list.")]
        if problems:
            raise InvalidInput(fields=problems)
        return PostalAddress(**parts | {"country": country})

    def required(self) -> PostalAddress:
        """A cleaned address to which a parcel can go; raises `InvalidInput` for the parts that are missing."""
        address = self.cleaned()
        needed = {
            "name": _("Enter the name of the person who receives the parcel."),
            "line1": _("Enter street and house number."),
            "city": _("Enter the town or city."),
            "country": _("Choose a country."),
        }
        missing = {name: [message] for name, message in needed.items() if not getattr(address, name)}
        if missing:
            raise InvalidInput(_("The delivery address is not complete."), fields=missing)
        return address

    def as_fields(self) -> dict[str, str]:
        """The parts by name."""
        return asdict(self)
