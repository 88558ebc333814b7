"""What staff type when they write or send a quote."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from apps.goods.inventory.codes import find_goods
from apps.kernel.money import ZERO
from apps.people.customers.models import Company, Customer
from apps.platform.backoffice.columns import format_amount
from apps.platform.businesses.models import Location
from apps.platform.businesses.selectors import get_current_business
from apps.selling.orders.drafts import Address, Contact, LineDraft
from apps.selling.orders.typed_lines import read_lines, typed_line
from apps.selling.shipping.selectors import RateOffer

from .drafts import QuoteDraft
from .models import Quote
from .services.writing import lines_of

MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """A moment in the business's time zone."""

    widget = MOMENT

    def clean(self, value: Any) -> Any:
        moment = super().clean(value)
        if moment is None:
            return None
        naive = timezone.make_naive(moment) if timezone.is_aware(moment) else moment
        return naive.replace(tzinfo=zoneinfo.ZoneInfo(get_current_business().time_zone))


def as_typed(moment: Any) -> str:
    """A moment as `MomentField` shows it."""
    if moment is None:
        return ""
    zone = zoneinfo.ZoneInfo(get_current_business().time_zone)
    return f"{timezone.localtime(moment, zone):%Y-%m-%dT%H:%M}"


class QuoteForm(forms.Form):
    """A draft order as one page."""

    lines = forms.CharField(
        label=_("Items"),
        widget=forms.Textarea(attrs={"rows": 8, "placeholder": "SH-S, 12\nSH-M, 6, 41.50"}),
        help_text=_(
            "One line each: SKU or barcode, quantity, price. Without a price the buyer's price is taken; a price of "
            "your own needs the permission for it. What is measured is typed as it is sold: LINEN, 0.5 m, 19.00 for "
            "a metre."
        ),
    )
    email = forms.EmailField(label=_("Buyer's e-mail"), max_length=254, required=False)
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False)
    line1 = forms.CharField(label=_("Street and number"), max_length=120, required=False)
    line2 = forms.CharField(label=_("Flat, building"), max_length=120, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("Town or city"), max_length=80, required=False)
    region = forms.CharField(label=_("State or region"), max_length=80, required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    order_discount = forms.DecimalField(
        label=_("Discount on everything"), min_value=ZERO, max_digits=19, decimal_places=4, required=False
    )
    codes = forms.CharField(
        label=_("Discount codes"),
        max_length=200,
        required=False,
        help_text=_("Several: with commas between."),
    )
    shipping_price = forms.DecimalField(
        label=_("Delivery charge"), min_value=ZERO, max_digits=19, decimal_places=4, required=False,
        help_text=_("Leave empty: the buyer chooses among your ways of delivery."),
    )  # fmt: skip
    shipping_name = forms.CharField(label=_("Delivery by"), max_length=120, required=False)
    po_number = forms.CharField(label=_("Buyer's order number"), max_length=60, required=False)
    note = forms.CharField(
        label=_("Note to the buyer"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    may_change = forms.BooleanField(label=_("The buyer may change quantities"), required=False)
    valid_until = MomentField(label=_("Valid until"), required=False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields["country"].choices = [("", "–"), *countries]  # type: ignore[attr-defined]

    def clean_lines(self) -> list[LineDraft]:
        return read_lines(self.cleaned_data["lines"], find_goods)

    def draft(self) -> QuoteDraft:
        """What was typed, for the service; the customer is who has the e-mail address."""
        data = self.cleaned_data
        email = data["email"].strip().lower()
        customer = Customer.objects.filter(email=email).first() if email else None
        address = ("name", "line1", "line2", "city", "region", "postcode", "country")
        return QuoteDraft(
            lines=data["lines"],
            customer_id=customer.pk if customer else None,
            contact=Contact(email=email, phone=data["phone"], name=data["name"]),
            address=Address(**{part: data[part] for part in address}),
            codes=[code for code in data["codes"].split(",") if code.strip()],
            order_discount=data["order_discount"] or ZERO,
            shipping_name=data["shipping_name"],
            shipping_price=data["shipping_price"],
            note=data["note"],
            po_number=data["po_number"],
            may_change=data["may_change"],
            valid_until=data["valid_until"],
        )


def typed_quote(quote: Quote) -> dict[str, Any]:
    """The quote as somebody would type it into `QuoteForm`."""
    plain = (
        "email", "name", "phone", "line1", "line2", "postcode", "city", "region", "country", "shipping_name",
        "po_number", "note", "may_change",
    )  # fmt: skip
    rows = []
    for line in lines_of(quote):
        code = (
            (line.pack.sku or line.pack.barcode if line.pack else "")
            or line.variant.sku
            or line.variant.barcode
        )
        rows.append(
            typed_line(code, line.variant, line.quantity, line.unit_price, packed=line.pack is not None)
        )
    return {
        **{name: getattr(quote, name) for name in plain},
        "lines": "\n".join(rows),
        "codes": ", ".join(quote.codes),
        "order_discount": quote.order_discount or None,
        "shipping_price": quote.shipping_price,
        "valid_until": as_typed(quote.valid_until),
    }


class SendForm(forms.Form):
    """How the offer reaches the buyer, and how long it holds."""

    valid_until = MomentField(
        label=_("Valid until"), required=False, help_text=_("Empty: two weeks from now.")
    )
    by_mail = forms.BooleanField(
        label=_("Send the link by mail"),
        required=False,
        initial=True,
        help_text=_("Otherwise copy it from the quote's page, into a chat for example."),
    )
    message = forms.CharField(
        label=_("A word in the mail"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PlaceForm(forms.Form):
    """How it is delivered, where staff did not say so on the quote, and where it is taken from."""

    rate_id = forms.ChoiceField(label=_("Delivery"), required=False)
    location_id = forms.ChoiceField(
        label=_("Taken from"),
        required=False,
        help_text=_("All of it from one location. An order that it cannot fill is refused."),
    )
    on_account = forms.BooleanField(label=_("On account"), required=False)

    def __init__(
        self,
        offers: list[RateOffer],
        places: Sequence[Location],
        company: Company | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.fields["location_id"].choices = [  # type: ignore[attr-defined]
            ("", _("As your locations are set up")),
            *((str(place.pk), place.name) for place in places),
        ]
        if len(places) < 2:
            del self.fields["location_id"]
        if company is None or company.terms_days is None:
            del self.fields["on_account"]
        else:
            self.fields["on_account"].initial = True
            self.fields["on_account"].help_text = _("%(company)s pays its invoices within %(days)s days.") % {
                "company": company.name,
                "days": company.terms_days,
            }
        if not offers:
            del self.fields["rate_id"]
            return
        self.fields["rate_id"].choices = [  # type: ignore[attr-defined]
            *((str(one.rate_id), f"{one.name}, {format_amount(one.price)}") for one in offers),
            ("", _("None: it is collected")),
        ]
