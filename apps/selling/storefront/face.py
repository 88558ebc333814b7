"""What every page of one store shows, worked out once per change of the business."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from django.urls import reverse
from django.utils.translation import gettext as _
from django_countries import countries

from apps.platform.businesses.models import Business
from apps.platform.media.lasting import lasting_address

from .colour import ACCENT_DEFAULT, theme_css

SHIPPED_ACCENTS = {ACCENT_DEFAULT, "#1b6b47"}  # what tokens.css already shows


@dataclass(frozen=True, slots=True)
class StoreFace:
    name: str
    slug: str
    currency: str
    country: str
    home_url: str
    products_url: str
    suggest_url: str
    cart_url: str
    drawer_url: str
    add_url: str
    checkout_url: str
    mark_url: str
    has_logo: bool
    banner_url: str
    theme_url: str
    accent: str
    place: str
    email: str
    phone: str
    tax_name: str
    tax_number: str
    tax_words: str
    tax_inclusive: bool
    shows_currencies: bool
    is_demo: bool
    is_closed: bool
    closed_words: str

    def product_url(self, slug: str) -> str:
        return f"{self.products_url}{slug}/"

    def picture_url(self, product_id: object, digest: str, view: int = 1) -> str:
        return f"{self.home_url}picture/{product_id}-{digest}-{view}.svg"


def face_of(business: Business) -> StoreFace:
    """The face of a store; the same object until the business changes."""
    return _face(_Key(business))


class _Key:
    """A business by its id and last change: rows read twice share one face."""

    __slots__ = ("business", "identity")

    def __init__(self, business: Business) -> None:
        self.business = business
        self.identity = (business.pk, business.updated_at)

    def __hash__(self) -> int:
        return hash(self.identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.identity == other.identity


@lru_cache(maxsize=1024)
def _face(key: _Key) -> StoreFace:
    business = key.business
    home = reverse("storefront:home", args=[business.slug])
    accent = business.accent_colour
    theme = (
        ""
        if accent.lower() in SHIPPED_ACCENTS or not theme_css(accent)
        else f"{home}theme-{accent[1:].lower()}.css"
    )
    logo = lasting_address(business.logo.name or "") if business.logo else ""
    place = ", ".join(part for part in (business.line1, business.city, business.postcode) if part)
    if business.country:
        place = ", ".join(part for part in (place, str(countries.name(business.country))) if part)
    return StoreFace(
        name=business.name,
        slug=business.slug,
        currency=business.currency,
        country=business.country,
        home_url=home,
        products_url=f"{home}products/",
        suggest_url=f"{home}suggest/",
        cart_url=f"{home}cart/",
        drawer_url=f"{home}cart/drawer/",
        add_url=f"{home}cart/add/",
        checkout_url=f"{home}checkout/",
        mark_url=logo or f"{home}mark-{mark_digest(business)}.svg",
        has_logo=bool(logo),
        banner_url=lasting_address(business.banner.name or "") if business.banner else "",
        theme_url=theme,
        accent=accent,
        place=place,
        email=business.email,
        phone=business.phone,
        tax_name=business.tax_name,
        tax_number=business.tax_number,
        tax_words=_tax_words(business),
        tax_inclusive=business.tax_inclusive,
        shows_currencies=business.has_display_rates,
        is_demo=business.is_demo,
        is_closed=business.orders_closed,
        closed_words=business.closed_words,
    )


def mark_digest(business: Business) -> str:
    text = f"{business.name}\0{business.accent_colour}"
    return hashlib.blake2s(text.encode("utf-8", "replace"), digest_size=5).hexdigest()


def percent(rate: Decimal) -> str:
    """`0.075` as `7.5%`."""
    return f"{(rate * 100).normalize():f}%"


def _tax_words(business: Business) -> str:
    if not business.tax_rate:
        return ""
    facts = {"rate": percent(business.tax_rate), "tax": business.tax_name}
    if business.tax_inclusive:
        return _("Prices include %(rate)s %(tax)s.") % facts
    return _("%(rate)s %(tax)s is added at checkout.") % facts
