"""The back office's page of delivery rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

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
from apps.selling.shipping import policies
from apps.selling.shipping.carriers import find_carrier
from apps.selling.shipping.charging import EACH, write_steps, write_surcharges
from apps.selling.shipping.models import ShippingRate
from apps.selling.shipping.models.rates import Measure
from apps.selling.shipping.services import add_rate, change_rate, use_rate

from .rate_form import RateForm


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
    writes_back = True

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
        if obj.carrier_account is not None:
            values["carrier"] = f"{obj.carrier_account.carrier}:{obj.carrier_service}"
            values["percent"] = _plain(obj.carrier_percent)
            values["extra"] = _plain(obj.carrier_extra)
            values["fallback"] = None if obj.fallback is None else _plain(obj.fallback)
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
    """One price, from where to where it goes, or whose it is."""
    if rate.carrier_account is not None:
        return service_of(rate)
    if not rate.steps:
        return format_amount(rate.price)
    prices = [Decimal(step[1]) for step in rate.steps]
    return format_html("{} – {}", format_amount(min(prices)), format_amount(max(prices)))


def service_of(rate: ShippingRate) -> str:
    """The carrier and its service in words."""
    code = rate.carrier_account.carrier if rate.carrier_account else ""
    adapter = find_carrier(code)
    names = dict(adapter.services) if adapter else {}
    return f"{adapter.name if adapter else code}: {names.get(rate.carrier_service, rate.carrier_service)}"


where.short_description = gettext_lazy("Where to")  # type: ignore[attr-defined]
price.short_description = gettext_lazy("Price")  # type: ignore[attr-defined]
days.short_description = gettext_lazy("Days")  # type: ignore[attr-defined]


@register(ShippingRate)
class ShippingRateAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = ["name", where, days, money_column("free_over"), price]
    list_select_related = ["zone", "carrier_account"]
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
            *_carrier_facts(obj),
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


def _carrier_facts(rate: ShippingRate) -> list[Fact]:
    if rate.carrier_account is None:
        return []
    fallback = _("Not offered") if rate.fallback is None else format_amount(rate.fallback)
    return [
        Fact(_("Added in percent"), f"{rate.carrier_percent.normalize():f} %"),
        Fact(_("Added"), format_amount(rate.carrier_extra)),
        Fact(_("While the carrier cannot say"), fallback),
    ]


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
