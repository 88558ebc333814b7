"""The back office's page of delivery rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries as all_countries

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_amount, format_state, money_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.models import Location
from apps.selling.shipping import policies
from apps.selling.shipping.charging import (
    EACH,
    BadStep,
    read_steps,
    read_surcharges,
    write_steps,
    write_surcharges,
)
from apps.selling.shipping.models import DeliveryZone, ShippingRate
from apps.selling.shipping.models.rates import Measure
from apps.selling.shipping.services import LONGEST_DELIVERY_DAYS, add_rate, change_rate, use_rate


class RateForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("As buyers see it, such as Standard delivery."),
    )
    price = forms.DecimalField(label=gettext_lazy("Price"), min_value=0, max_digits=14, decimal_places=4)
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
    surcharges = forms.CharField(
        label=gettext_lazy("Surcharges of shipping classes"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "A line each, such as “Bulky = 12.50” for an order, “Bulky = 4 each” for each item, “Dangerous = no” for"
            " what is not sent this way. They are added to free delivery, too. Products say their class themselves."
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
        return data

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        zone, pickup = data.pop("zone"), data.pop("pickup")
        return {
            **data,
            "zone_id": UUID(zone) if zone else None,
            "pickup_id": UUID(pickup) if pickup else None,
        }


class AddRate(Verb):
    name = "add"
    label = gettext_lazy("Add a rate")
    permission = policies.MANAGE
    icon = "add"
    form_class = RateForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("Buyers in these countries can choose it from now on.")]

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"delivery_days_min": 2, "delivery_days_max": 4}

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = RateForm(**kwargs)
        return self.form

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return add_rate(actor, **self.form.facts(), key=key)

    def success(self, obj: Any, result: ShippingRate) -> Any:
        return _("%(name)s is offered to buyers.") % {"name": result.name}


class ChangeRate(Verb):
    name = "change"
    label = gettext_lazy("Change")
    permission = policies.MANAGE
    icon = "edit"
    form_class = RateForm

    def explain(self, actor: Actor, obj: ShippingRate) -> list[Any]:
        return [_("New orders use the new values; orders already placed keep what they were promised.")]

    def initial(self, actor: Actor, obj: ShippingRate) -> dict[str, Any]:
        names = (
            "name",
            "price",
            "free_over",
            "delivery_days_min",
            "delivery_days_max",
            "countries",
            "position",
        )
        values = {name: getattr(obj, name) for name in names}
        # 3.9900 is how it is stored, not how anybody writes it.
        values["price"] = _plain(obj.price)
        values["zone"] = str(obj.zone_id or "")
        values["pickup"] = str(obj.pickup_location_id or "")
        values["measure"] = obj.measure
        values["steps"] = write_steps(obj.steps)
        values["surcharges"] = write_surcharges(obj.surcharges)
        values["free_over"] = None if obj.free_over is None else _plain(obj.free_over)
        return values

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = RateForm(**kwargs)
        return self.form

    def perform(self, actor: Actor, obj: ShippingRate, data: dict[str, Any], key: str) -> Any:
        return change_rate(actor, rate_id=obj.pk, **self.form.facts())

    def success(self, obj: ShippingRate, result: Any) -> Any:
        return _("%(name)s was changed.") % {"name": result.name}


class TakeOutOfUse(Verb):
    name = "take-out"
    label = gettext_lazy("Take out of use")
    permission = policies.MANAGE
    dangerous = True

    def is_available(self, actor: Actor, obj: ShippingRate) -> bool:
        return obj.active

    def explain(self, actor: Actor, obj: ShippingRate) -> list[Any]:
        return [
            _("Buyers can no longer choose %(name)s.") % {"name": obj.name},
            _("Orders already placed keep it, and you can put it back into use."),
        ]

    def perform(self, actor: Actor, obj: ShippingRate, data: dict[str, Any], key: str) -> Any:
        return use_rate(actor, rate_id=obj.pk, active=False)


class PutIntoUse(Verb):
    name = "put-in"
    label = gettext_lazy("Put into use")
    permission = policies.MANAGE
    icon = "undo"

    def is_available(self, actor: Actor, obj: ShippingRate) -> bool:
        return not obj.active

    def explain(self, actor: Actor, obj: ShippingRate) -> list[Any]:
        return [_("Buyers can choose %(name)s again.") % {"name": obj.name}]

    def perform(self, actor: Actor, obj: ShippingRate, data: dict[str, Any], key: str) -> Any:
        return use_rate(actor, rate_id=obj.pk, active=True)


def where(rate: ShippingRate) -> str:
    """The countries by name, the first four of them."""
    if rate.zone is not None:
        return rate.zone.name
    if not rate.countries:
        return _("Everywhere")
    names = [all_countries.name(code) for code in rate.countries[:4]]
    return ", ".join(names) + (" …" if len(rate.countries) > 4 else "")


def days(rate: ShippingRate) -> str:
    if rate.delivery_days_min == rate.delivery_days_max:
        return str(rate.delivery_days_min)
    return f"{rate.delivery_days_min}–{rate.delivery_days_max}"


def price(rate: ShippingRate) -> Any:
    """One price, or from where to where it goes."""
    if not rate.steps:
        return format_amount(rate.price)
    prices = [Decimal(step[1]) for step in rate.steps]
    return format_html("{} – {}", format_amount(min(prices)), format_amount(max(prices)))


where.short_description = gettext_lazy("Where to")  # type: ignore[attr-defined]
price.short_description = gettext_lazy("Price")  # type: ignore[attr-defined]
days.short_description = gettext_lazy("Days")  # type: ignore[attr-defined]


@register(ShippingRate)
class ShippingRateAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = ["name", where, days, money_column("free_over"), price]
    list_select_related = ["zone"]
    ordering = ["position", "created_at", "id"]
    tabs = [
        Tab("in_use", gettext_lazy("In use"), Q(active=True)),
        Tab("out", gettext_lazy("Out of use"), Q(active=False)),
    ]
    verbs = [ChangeRate, PutIntoUse, TakeOutOfUse]
    list_verbs = [AddRate]
    empty_title = gettext_lazy("No delivery rates here")
    empty_text = gettext_lazy("Without a rate nobody can check out. Add the first one.")
    empty_verb = "add"

    def facts(self, actor: Actor, obj: ShippingRate) -> list[Fact]:
        return [
            Fact(_("At checkout"), format_state("active", _("In use")) if obj.active else _("Out of use")),
            Fact(_("Price"), price(obj)),
            Fact(_("Price goes by"), obj.get_measure_display()),
            Fact(_("Free from"), format_amount(obj.free_over) or _("Never")),
            Fact(_("Days"), days(obj)),
            Fact(_("Where to"), _where_in_full(obj)),
            Fact(_("Collected at"), obj.pickup_location or ""),
            Fact(_("Position"), str(obj.position)),
        ]

    def sections(self, actor: Actor, obj: ShippingRate) -> list[Section]:
        steps = [
            [_("More") if most is None else _up_to(obj, Decimal(most)), format_amount(Decimal(cost))]
            for most, cost in obj.steps
        ]
        more = [[name, _surcharge(cost, how)] for name, cost, how in obj.surcharges]
        tables = [
            Section(_("Steps of the price"), columns=[_("Up to"), _("Price")], rows=steps, align={1: "end"}),
            Section(
                _("Surcharges of shipping classes"),
                columns=[_("Class"), _("Price")],
                rows=more,
                align={1: "end"},
            ),
        ]
        return [table for table in tables if table.rows]


def _surcharge(cost: str | None, how: str) -> Any:
    if cost is None:
        return _("Not sent this way")
    amount = format_amount(Decimal(cost))
    return format_html(_("{} for each item"), amount) if how == EACH else amount


def _up_to(rate: ShippingRate, most: Decimal) -> Any:
    if rate.measure == Measure.WEIGHT:
        return _("%(grams)s g") % {"grams": int(most)}
    return format_amount(most) if rate.measure == Measure.SUBTOTAL else str(int(most))


def _where_in_full(rate: ShippingRate) -> str:
    if rate.zone is not None:
        return rate.zone.name
    return ", ".join(all_countries.name(code) for code in rate.countries) or _("Everywhere")


def _plain(amount: Any) -> str:
    """Without needless zeros, but with the two places people expect."""
    text = f"{amount:f}".rstrip("0").rstrip(".")
    whole, dot, places = text.partition(".")
    return f"{whole}.{places:0<2}" if dot else whole


nav.register(
    section="Settings",
    label=gettext_lazy("Delivery rates"),
    url="admin:shipping_shippingrate_changelist",
    under="admin:business_settings",
    permission=policies.READ,
    icon="local_shipping",
    order=45,
)
