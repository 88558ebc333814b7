"""What delivery would cost, asked on the cart page before anything of oneself is said."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.selling.checkout.models import Cart
from apps.selling.checkout.pricing import say_postcode_needed
from apps.selling.checkout.selectors import delivery_offers
from apps.selling.shipping.services import visitor_of
from apps.selling.shipping.zoning import clean_pattern
from apps.selling.storefront.cards import money
from apps.selling.storefront.doors import Visit
from apps.selling.storefront.forms import is_country

LONGEST_POSTCODE = 20


def estimate(visit: Visit, cart: Cart | None) -> dict[str, Any]:
    """The small form, and its answer when a country was asked for (`?to=GB&postcode=BT1 5AB`)."""
    asked = visit.request.GET
    given = asked.get("to", "").upper()
    known = (cart.details if cart else None) or {}
    country = given if is_country(given) else str(known.get("country") or visit.business.country)
    postcode = asked.get("postcode", str(known.get("postcode") or ""))[:LONGEST_POSTCODE].replace("\x00", "")
    shown: dict[str, Any] = {"country": country, "postcode": postcode, "asked": False}
    if cart is None or not is_country(given):
        return shown
    # A postcode that cannot be one is no reason to say nothing of the country.
    found = delivery_offers(
        cart,
        country=country,
        postcode=postcode if clean_pattern(postcode) else "",
        user_id=visit.user_id,
        visitor=visitor_of(visit.actor),
    )
    rows = [
        {
            "name": offer.name if len(found) == 1 else f"{group.seller.name}: {offer.name}",
            "words": offer.delivery,
            "price": money(offer.price, visit.face.currency) if offer.price else _("free"),
        }
        for group in found
        for offer in group.offers
    ]
    none = _("This shop does not deliver there.")
    if any(group.missing.postcode for group in found):
        none = say_postcode_needed()
    return {**shown, "asked": True, "offers": rows, "none": none}
