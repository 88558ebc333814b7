"""The form of a delivery rate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries as all_countries

from apps.platform.businesses.models import Location
from apps.selling.shipping.carriers import find_carrier
from apps.selling.shipping.charging import BadStep, read_steps, read_surcharges
from apps.selling.shipping.models import CarrierAccount, DeliveryZone
from apps.selling.shipping.models.rates import Measure
from apps.selling.shipping.services import LONGEST_DELIVERY_DAYS, CarrierPrice


class RateForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("As buyers see it, such as Standard delivery."),
    )
    price = forms.DecimalField(
        label=gettext_lazy("Price"),
        min_value=0,
        max_digits=14,
        decimal_places=4,
        required=False,
        help_text=gettext_lazy("Needed for one price; steps and carriers say their own."),
    )
    measure = forms.ChoiceField(
        label=gettext_lazy("Price goes by"), choices=Measure.choices, initial=Measure.FLAT, required=False
    )
    steps = forms.CharField(
        label=gettext_lazy("Steps of the price"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "A line each, such as “2 kg = 4.50”, “10 kg = 9”, “more = 25”; items and worth as plain numbers. What is"
            " above the last line is not sent this way."
        ),
    )
    carrier = forms.ChoiceField(
        label=gettext_lazy("Carrier and service"),
        required=False,
        help_text=gettext_lazy(
            "For a price from a carrier: it is asked while the buyer looks, with the postcode and the weight of the"
            " cart."
        ),
    )
    percent = forms.DecimalField(
        label=gettext_lazy("Added to the carrier's price, in percent"),
        min_value=0,
        max_value=500,
        max_digits=6,
        decimal_places=2,
        required=False,
    )
    extra = forms.DecimalField(
        label=gettext_lazy("Added to the carrier's price"),
        min_value=0,
        max_digits=14,
        decimal_places=4,
        required=False,
    )
    fallback = forms.DecimalField(
        label=gettext_lazy("Price while the carrier cannot say"),
        min_value=0,
        max_digits=14,
        decimal_places=4,
        required=False,
        help_text=gettext_lazy("Leave empty, and this way is not offered then."),
    )
    surcharges = forms.CharField(
        label=gettext_lazy("Surcharges of shipping classes"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "A line each, such as “Bulky = 12.50” for an order, “Bulky = 4 each” for each item, “Dangerous = no” for"
            " what is not sent this way. They are added to free delivery, too, also by a promotion. Products say their"
            " class themselves."
        ),
    )
    free_over = forms.DecimalField(
        label=gettext_lazy("Free from"),
        min_value=0,
        max_digits=14,
        decimal_places=4,
        required=False,
        help_text=gettext_lazy("Goods worth this much are delivered free. Leave empty for never."),
    )
    delivery_days_min = forms.IntegerField(
        label=gettext_lazy("Fastest, in days"), min_value=0, max_value=LONGEST_DELIVERY_DAYS
    )
    delivery_days_max = forms.IntegerField(
        label=gettext_lazy("Slowest, in days"), min_value=0, max_value=LONGEST_DELIVERY_DAYS
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Zone"),
        required=False,
        help_text=gettext_lazy("The places it serves. Of zones that fit an address the closest counts."),
    )
    countries = forms.MultipleChoiceField(
        label=gettext_lazy("Countries, without a zone"),
        required=False,
        help_text=gettext_lazy("Choose none, and no zone, to deliver everywhere."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    pickup = forms.ChoiceField(
        label=gettext_lazy("Collected at"),
        required=False,
        help_text=gettext_lazy("Buyers come for it: orders are taken from what lies there."),
    )
    position = forms.IntegerField(
        label=gettext_lazy("Position"),
        min_value=0,
        max_value=1000,
        initial=0,
        help_text=gettext_lazy("Smaller numbers are shown first."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[str, Any]]] = {
            "countries": list(all_countries),
            "zone": [("", _("None"))],
            "pickup": [("", _("Nowhere: it is sent"))],
            "carrier": [("", _("None")), *_services(str(self.initial.get("carrier") or ""))],
        }
        choices["zone"] += [(str(zone.pk), zone.name) for zone in DeliveryZone.objects.all()]
        places = Location.objects.filter(active=True)
        choices["pickup"] += [(str(place.pk), place.name) for place in places]
        for name, known in choices.items():
            self.fields[name].choices = known  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        data["measure"] = data.get("measure") or Measure.FLAT
        try:
            data["steps"] = read_steps(data.get("steps", ""), data["measure"])
        except BadStep as bad:
            self.add_error("steps", _("“%(line)s” is not understood.") % {"line": str(bad)[:60]})
        try:
            data["surcharges"] = read_surcharges(data.get("surcharges", ""))
        except BadStep as bad:
            self.add_error("surcharges", _("“%(line)s” is not understood.") % {"line": str(bad)[:60]})
        if data["measure"] == Measure.FLAT and data.get("price") is None and "price" not in self.errors:
            self.add_error("price", _("Enter the price."))
        data["price"] = data.get("price") or Decimal(0)
        if data["measure"] == Measure.CARRIER and not data.get("carrier"):
            self.add_error("carrier", _("Choose the carrier and its service."))
        return data

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        zone, pickup = data.pop("zone"), data.pop("pickup")
        carrier, _colon, service = data.pop("carrier").partition(":")
        percent, extra, fallback = (data.pop(name) for name in ("percent", "extra", "fallback"))
        priced = CarrierPrice(carrier, service, percent or Decimal(0), extra or Decimal(0), fallback)
        return {
            **data,
            "carrier": priced if data["measure"] == Measure.CARRIER else None,
            "zone_id": UUID(zone) if zone else None,
            "pickup_id": UUID(pickup) if pickup else None,
        }


def _services(kept: str) -> list[tuple[str, Any]]:
    """The known services of the carriers in use, as carrier:service, and the one that a rate has already."""
    found: list[tuple[str, Any]] = []
    for code in CarrierAccount.objects.filter(active=True).values_list("carrier", flat=True):
        if adapter := find_carrier(code):
            found += [(f"{code}:{service}", f"{adapter.name}: {name}") for service, name in adapter.services]
    if kept and kept not in dict(found):
        found.append((kept, kept.replace(":", ": ", 1)))
    return found
