"""The back office's page of delivery rates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries as all_countries

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_amount, format_state, money_column
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb

from . import policies
from .models import ShippingRate
from .services import LONGEST_DELIVERY_DAYS, add_rate, change_rate, use_rate


class RateForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("As buyers see it, such as Standard delivery."),
    )
    price = forms.DecimalField(label=gettext_lazy("Price"), min_value=0, max_digits=14, decimal_places=4)
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
    countries = forms.MultipleChoiceField(
        label=gettext_lazy("Countries"),
        required=False,
        help_text=gettext_lazy("Choose none to deliver everywhere."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
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
        self.fields["countries"].choices = list(all_countries)  # type: ignore[attr-defined]


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

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return add_rate(actor, **data, key=key)

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
        values["free_over"] = None if obj.free_over is None else _plain(obj.free_over)
        return values

    def perform(self, actor: Actor, obj: ShippingRate, data: dict[str, Any], key: str) -> Any:
        return change_rate(actor, rate_id=obj.pk, **data)

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
    if not rate.countries:
        return _("Everywhere")
    names = [all_countries.name(code) for code in rate.countries[:4]]
    return ", ".join(names) + (" …" if len(rate.countries) > 4 else "")


def days(rate: ShippingRate) -> str:
    if rate.delivery_days_min == rate.delivery_days_max:
        return str(rate.delivery_days_min)
    return f"{rate.delivery_days_min}–{rate.delivery_days_max}"


where.short_description = gettext_lazy("Where to")  # type: ignore[attr-defined]
days.short_description = gettext_lazy("Days")  # type: ignore[attr-defined]


@register(ShippingRate)
class ShippingRateAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = ["name", where, days, money_column("free_over"), money_column("price")]
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
            Fact(_("Price"), format_amount(obj.price)),
            Fact(_("Free from"), format_amount(obj.free_over) or _("Never")),
            Fact(_("Days"), days(obj)),
            Fact(_("Where to"), ", ".join(all_countries.name(c) for c in obj.countries) or _("Everywhere")),
            Fact(_("Position"), str(obj.position)),
        ]


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
