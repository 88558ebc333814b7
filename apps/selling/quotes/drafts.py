"""What staff say when they write a quote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.money import ZERO
from apps.selling.orders.drafts import Address, Contact, LineDraft

NOBODY = Contact()
NOWHERE = Address()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteDraft:
    """A quote as a whole: writing it again replaces all of it.

    `shipping_price` in the business's tax mode; None lets the buyer choose a way of delivery. Without a customer the
    contact's e-mail address finds or makes one when the order is placed.
    """

    lines: Sequence[LineDraft]
    customer_id: UUID | None = None
    contact: Contact = NOBODY
    address: Address = NOWHERE
    codes: Sequence[str] = ()
    order_discount: Decimal = ZERO
    shipping_name: str = ""
    shipping_price: Decimal | None = None
    note: str = ""
    po_number: str = ""
    may_change: bool = False
    valid_until: dt.datetime | None = None
