"""What goes into an order before it is placed: values that every door can make."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.errors import InvalidInput
from apps.people.customers.addresses import PostalAddress, clean_text
from apps.people.customers.services import normalise_email
from apps.selling.pricing.lines import Totals
from apps.selling.pricing.taxes import TaxAnswer
from apps.selling.promotions.values import AppliedPromotion, Trial

if TYPE_CHECKING:
    import datetime as dt

    from apps.goods.catalog.models import Pack, Variant
    from apps.platform.businesses.models import Business
    from apps.selling.credit.services.moving import Held

Address = PostalAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who buys, and how to reach her."""

    email: str = ""
    phone: str = ""
    name: str = ""
    accepts_marketing: bool = False
    user_id: UUID | None = None

    def cleaned(self, *, email_required: bool = False) -> Contact:
        """The contact with every part cleaned; raises `InvalidInput` that names the parts at fault."""
        problems: dict[str, list[str]] = {}
        parts = {"email": "", "phone": "", "name": ""}
        for field, longest in (("email", 254), ("phone", 32), ("name", 120)):
            try:
                parts[field] = clean_text(getattr(self, field), longest, field)
                if field == "email":
                    parts["email"] = normalise_email(parts["email"]) or ""
            except InvalidInput as error:
                problems |= error.fields
        if email_required and not parts["email"] and "email" not in problems:
            problems["email"] = [_("Enter your e-mail address: the receipt goes there.")]
        if problems:
            raise InvalidInput(fields=problems)
        return Contact(accepts_marketing=self.accepts_marketing, user_id=self.user_id, **parts)


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A quantity of a variant, or of one of its packs. `unit_price` in the business's currency and tax mode; None:
    the price of the pack or variant.

    `location_id` names where it is taken from; None: as the business's policy says.
    """

    variant_id: UUID
    quantity: int
    unit_price: Decimal | None = None
    pack_id: UUID | None = None
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ShippingDraft:
    """Delivery as it was chosen. `price` in the business's tax mode; `tax_rate` None: the business's rate."""

    name: str
    price: Decimal
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftItem:
    """One line to be: its id stands before it is written, so that stock can be reserved for it."""

    line_id: UUID
    variant: Variant
    product_title: str
    location_id: UUID | None = None
    # A line of packs counts packs: its quantity and its price are theirs.
    pack: Pack | None = None

    @property
    def pack_quantity(self) -> int:
        """Stock units in one of what the line counts."""
        return self.pack.quantity if self.pack else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """A priced order of one seller. `totals.lines` stand in the order of `items`."""

    seller: Business
    items: Sequence[DraftItem]
    totals: Totals
    taxes: TaxAnswer | None = None
    contact: Contact
    address: Address
    # What took something off; shares by `line_id` of the items.
    promotions: Sequence[AppliedPromotion] = ()
    # Running tests of promotions that it is counted in.
    trials: Sequence[Trial] = ()
    shipping_name: str = ""
    channel: str
    checkout_id: UUID | None = None
    expires_at: dt.datetime | None = None
    placed_at: dt.datetime | None = None
    note: str = ""
    language: str = ""
    location_id: UUID | None = None
    attribution: Mapping[str, str] = dataclasses.field(default_factory=dict)
    # Gift cards and store credit that pay for it, locked by the caller before stock.
    credit: Sequence[Held] = ()
    po_number: str = ""
    # On whose account; None: it is paid by other means. What is agreed is read when the company is locked.
    company_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Pieces of a line to refund. `sent` True: of those that left, False: of those that did not, None: the
    ones that did not leave first."""

    line_id: UUID
    quantity: int
    sent: bool | None = None
