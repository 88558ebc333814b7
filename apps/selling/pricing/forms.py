"""Forms of price lists and taxes."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from apps.kernel.errors import InvalidInput
from apps.people.customers.models import Customer
from apps.people.customers.selectors import find_customer_by_email
from apps.platform.businesses.channels import Channel

from .channels import CHANNELS
from .models import Level, TaxClass
from .services.taxes import RateDraft
from .sheets import read_sheet

LARGEST_FILE = 500_000
MOMENT = {"type": "datetime-local"}


class CustomerField(forms.EmailField):
    """A customer by e-mail address: there may be more of them than any choice could show."""

    def clean(self, value: Any) -> Any:
        email = super().clean(value)
        if not email:
            return None
        customer = find_customer_by_email(email)
        if customer is None:
            raise forms.ValidationError(_now("No customer has this e-mail address."))
        return customer


def moment_field(label: Any, help_text: Any = "") -> forms.DateTimeField:
    """A moment of the business's own clock."""
    widget = forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget, help_text=help_text)


class ListForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Customers never see it."))
    level = forms.ChoiceField(
        label=_("For whom"),
        choices=[
            (Level.SALE, _("Everybody: a sale, with the former price struck through")),
            (Level.CHANNEL, _("Everybody on certain channels")),
            (Level.SEGMENT, _("Customers with a tag")),
            (Level.CUSTOMER, _("One customer")),
            (Level.CONTRACT, _("One customer, by contract: comes before everything else")),
        ],
    )
    customer = CustomerField(
        label=_("Customer's e-mail"), required=False, help_text=_("For one customer alone.")
    )
    segment = forms.CharField(
        label=_("Tag"),
        max_length=40,
        required=False,
        help_text=_("Such as trade: all customers who have it."),
    )
    channels = forms.MultipleChoiceField(
        label=_("Channels"), choices=list(CHANNELS.items()), required=False,
        widget=forms.CheckboxSelectMultiple, help_text=_("None ticked: on all of them."),
    )  # fmt: skip
    valid_from = moment_field(_("From"), _("In your business's time zone. Empty: already."))
    valid_to = moment_field(_("Until"), _("From this moment on it no longer holds. Empty: without an end."))
    reference = forms.CharField(label=_("Contract number"), max_length=60, required=False)
    priority = forms.IntegerField(
        label=_("Priority"), initial=0, min_value=-1000, max_value=1000,
        help_text=_("Where two lists of one kind have a price for the same thing, the larger number comes first."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        customer: Customer | None = data.pop("customer", None)
        data["customer_id"] = customer.pk if customer else None
        return data


class SheetForm(forms.Form):
    lines = forms.CharField(
        label=_("Prices"),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 16, "placeholder": "SH-S, 42.50\nSH-S, 39, 10\nproduct:shirt, -15%"}
        ),
        help_text=_(
            "One line each, or pasted from a spreadsheet: SKU or barcode, price, from which quantity. Instead of a "
            "SKU: product:, category: or collection: with its address, or * for everything. Instead of a price: -15% "
            "off it, or -10% line off the whole line. What you take out is taken off the list."
        ),
    )

    def clean_lines(self) -> Any:
        return _read(self.cleaned_data["lines"])


class FileForm(forms.Form):
    lines = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        help_text=_(
            "SKU or barcode, price, from which quantity. Prices that are on the list already are replaced."
        ),
    )

    def clean_lines(self) -> Any:
        file = self.cleaned_data["lines"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_now("The file is too large. Send at most 500 kB."))
        try:
            return _read(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_now("Save the file as CSV in UTF-8.")) from error


def _read(text: str) -> Any:
    try:
        return read_sheet(text)
    except InvalidInput as error:
        raise forms.ValidationError(error.fields["lines"]) from error


class ExplainForm(forms.Form):
    item = forms.CharField(label=_("SKU or barcode"), max_length=120)
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=1_000_000, initial=1)
    customer = CustomerField(label=_("Customer's e-mail"), required=False, help_text=_("Empty: a stranger."))
    channel = forms.ChoiceField(
        label=_("Channel"), choices=list(CHANNELS.items()), initial=Channel.STOREFRONT.value
    )
    at = moment_field(_("At"), _("Empty: now."))


class ZoneForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    country = forms.ChoiceField(
        label=_("Country"), required=False, choices=lambda: [("", _("Everywhere else")), *countries]
    )
    regions = forms.CharField(
        label=_("Regions"), required=False,
        help_text=_("With commas, in each spelling that addresses use: KA, Karnataka. Empty: the whole country."),
    )  # fmt: skip
    rates = forms.CharField(
        label=_("Taxes"), required=False,
        widget=forms.Textarea(attrs={"rows": 5, "placeholder": "CGST, 9\nSGST, 9\nCGST, 2.5, reduced"}),
        help_text=_(
            "One line each: name, per cent, and reduced for goods of the reduced class. Those of one class are charged "
            "together and shown apart. Empty: nothing is charged here."
        ),
    )  # fmt: skip
    shipping_class = forms.ChoiceField(label=_("Delivery is taxed as"), choices=TaxClass.choices)
    reverse_charge = forms.BooleanField(
        label=_("Businesses with a tax number pay it themselves"), required=False,
        help_text=_("Reverse charge: nothing is charged, and the invoice says so."),
    )  # fmt: skip

    def clean_regions(self) -> list[str]:
        return [part.strip() for part in self.cleaned_data["regions"].split(",") if part.strip()]

    def clean_rates(self) -> list[RateDraft]:
        found = []
        for number, line in enumerate(filter(str.strip, self.cleaned_data["rates"].splitlines()), 1):
            parts = [part.strip() for part in line.replace("\t", ",").replace(";", ",").split(",")]
            try:
                rate = Decimal(parts[1].removesuffix("%").strip()) / 100
                tax_class = TaxClass(parts[2].lower()) if len(parts) > 2 and parts[2] else TaxClass.STANDARD
            except (IndexError, InvalidOperation, ValueError) as error:
                message = _now("Line %(number)s: write a name and per cent, such as VAT, 20.")
                raise forms.ValidationError(message % {"number": number}) from error
            found.append(RateDraft(parts[0], rate, tax_class))
        return found


class TaxItemForm(forms.Form):
    tax_class = forms.ChoiceField(label=_("Tax class"), choices=TaxClass.choices)
    hsn = forms.CharField(
        label=_("HSN code"),
        max_length=12,
        required=False,
        help_text=_("For invoices with GST: four to eight digits."),
    )


class CustomerTaxForm(forms.Form):
    tax_number = forms.CharField(label=_("Tax number"), max_length=40, required=False)
    exempt = forms.BooleanField(label=_("Exempt from tax"), required=False)
    certificate = forms.CharField(label=_("Certificate number"), max_length=80, required=False)
    valid_from = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_to = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
