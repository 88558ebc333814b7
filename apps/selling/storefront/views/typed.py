"""What buyers type at checkout: read, kept half done for the next visit, shown again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apps.kernel.errors import DomainError
from apps.selling.checkout.models import Cart
from apps.selling.checkout.services import remember_details
from apps.selling.storefront.doors import Visit

_TYPED = ("reminder", "phone", "country", "name", "line1", "line2", "city", "region", "postcode")


def initial_of(visit: Visit, cart: Cart) -> dict[str, Any]:
    """What the fields hold at first: what was kept of an earlier visit."""
    kept = {name: value for name, value in cart.details.items() if name in _TYPED}
    rate = str(cart.rate_id) if cart.rate_id else ""
    return {"country": visit.business.country, **kept, "email": cart.email, "rate": rate}


def typed_in(posted: Any) -> dict[str, Any]:
    """What stands in the fields, cut to what a column can hold: shown again even when it is wrong."""
    return {
        name: posted.get(name, "").replace("\x00", "")[:254]
        for name in (*_TYPED, "email", "rate", "provider", "po_number", "partial")
    }


def remember(visit: Visit, typed: dict[str, Any]) -> None:
    """Keep half a form for the next visit. What cannot be kept is not worth an error here."""
    details = {name: typed[name] for name in _TYPED if typed.get(name)}
    email = typed.get("email", "")
    try:
        remember_details(
            visit.actor,
            cart_token=visit.cart_token or "",
            email=email if "@" in email else "",
            details=details,
            rate_id=uuid_in(typed.get("rate", "")),
        )
    except DomainError:
        return


def uuid_in(text: str) -> UUID | None:
    """The key that a field holds, or None for what is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
