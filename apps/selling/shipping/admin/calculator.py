"""Trying delivery rates out: a parcel, a place, and what each way would cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries as all_countries

from apps.kernel.errors import DomainError
from apps.kernel.web import form_error
from apps.platform.backoffice import nav
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.selectors import get_business
from apps.selling.shipping import policies
from apps.selling.shipping.calculator import Tried, Try, try_rates
from apps.selling.shipping.carriers import find_carrier
from apps.selling.shipping.models import CarrierAnswer
from apps.selling.shipping.selectors import JudgedRate
from apps.selling.shipping.services.packages import LARGEST_MM

_SIDES = ("length_cm", "width_cm", "height_cm")


class CalculatorForm(forms.Form):
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=list(all_countries))
    region = forms.CharField(label=gettext_lazy("State or region"), max_length=80, required=False)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=20, required=False)
    sku = forms.CharField(
        label=gettext_lazy("SKU or barcode"),
        max_length=120,
        required=False,
        help_text=gettext_lazy(
            "For its weight, size and shipping class, and what customs ask across a border."
        ),
    )
    pieces = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=999, initial=1)
    worth = forms.DecimalField(
        label=gettext_lazy("What the goods are worth"),
        min_value=0,
        max_digits=14,
        decimal_places=4,
        required=False,
        help_text=gettext_lazy("For rates by worth, and those that are free from a sum on."),
    )
    grams = forms.IntegerField(
        label=gettext_lazy("Weight in grams"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=gettext_lazy("Leave empty for what the goods weigh."),
    )
    length_cm = forms.DecimalField(label=gettext_lazy("Length in cm"), required=False)
    width_cm = forms.DecimalField(label=gettext_lazy("Width in cm"), required=False)
    height_cm = forms.DecimalField(
        label=gettext_lazy("Height in cm"),
        required=False,
        help_text=gettext_lazy("Leave all three empty for the package that the goods fit in."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        said = [name for name in _SIDES if data.get(name) is not None]
        if said and len(said) < len(_SIDES):
            self.add_error("height_cm", _("Enter all three sides, or none."))
        if any(not 0 < data[name] <= LARGEST_MM / 10 for name in said):
            self.add_error("height_cm", _("A side is between a millimetre and ten metres."))
        if said and not data.get("grams") and not data.get("sku"):
            self.add_error("grams", _("Say what the parcel weighs."))
        return data

    def wanted(self) -> Try:
        """What is tried."""
        data = self.cleaned_data
        sides = tuple(int(data[name] * 10) or 1 for name in _SIDES if data[name] is not None)
        return Try(
            country=data["country"],
            region=data["region"],
            postcode=data["postcode"],
            worth=data["worth"] or Decimal(0),
            sku=data["sku"],
            pieces=data["pieces"],
            grams=data["grams"],
            sides=(sides[0], sides[1], sides[2]) if sides else None,
        )


@page(
    "settings/delivery-calculator/",
    name="shipping_calculator",
    title=gettext_lazy("Try delivery rates"),
    permission=policies.READ,
)
def calculator(request: HttpRequest) -> HttpResponse:
    """A parcel and a place; asked, all ways with their price and where it comes from."""
    actor = request.actor  # type: ignore[attr-defined]
    business = get_business(actor.business_id)
    currency = business.currency
    form = CalculatorForm(request.POST or None, initial={"country": business.country, "pieces": 1})
    tried: Tried | None = None
    status = 200
    if request.method == "POST":
        try:
            tried = try_rates(actor, form.wanted()) if form.is_valid() else None
        except DomainError as error:
            form_error(form, error)
        status = 200 if tried is not None else 400
    sections = _sections(tried, currency) if tried else []
    return render_page(
        request, "shipping/calculator.html", {"form": form, "sections": sections}, status=status
    )


def _sections(tried: Tried, currency: str) -> list[Section]:
    """The ways first, then everything the carriers said: the code of a service is what a rate is given."""
    ways = Section(
        _("Ways of delivery"),
        columns=[_("Name"), _("Days"), _("Price from"), _("Remark"), _("Price")],
        rows=[_row(one, currency) for one in tried.rates],
        align={4: "end"},
        empty=_("No rate serves this place."),
    )
    return [ways, *(_answer(one) for one in tried.answers)]


def _row(one: JudgedRate, currency: str) -> list[Any]:
    sources = {"shop": _("Your rate"), "carrier": _("The carrier"), "fallback": _("Your price meanwhile")}
    if one.offer is None:
        return [one.rate.name, "", "", one.why, _("Not offered")]
    offer = one.offer
    price = format_amount(offer.price, currency) if offer.price else _("free")
    return [one.rate.name, offer.delivery, sources[offer.source], one.why, price]


def _answer(answer: CarrierAnswer) -> Section:
    adapter = find_carrier(answer.account.carrier)
    rows = [
        [
            one["service"],
            one["name"],
            format_amount(Decimal(one["price"]), one["currency"]) if one["price"] else "–",
        ]
        for one in answer.services
    ]
    return Section(
        str(adapter.name if adapter else answer.account.carrier),
        columns=[_("Code"), _("Service"), _("The carrier's price")],
        rows=rows,
        align={2: "end"},
        empty=answer.problem or _("It carries nothing there."),
    )


nav.register(
    section="Settings",
    label=gettext_lazy("Try delivery rates"),
    url="admin:shipping_calculator",
    under="admin:business_settings",
    permission=policies.READ,
    icon="calculate",
    order=49,
)
