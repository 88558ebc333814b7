"""Zones in the back office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries as all_countries

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import text_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.verbs import Verb
from apps.selling.shipping import policies
from apps.selling.shipping.models import DeliveryZone, ShippingRate
from apps.selling.shipping.services import add_zone, change_zone, remove_zone


class ZoneForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("For you alone, such as Mainland or Islands."),
    )
    countries = forms.MultipleChoiceField(
        label=gettext_lazy("Countries"),
        required=False,
        help_text=gettext_lazy("Choose none for everywhere else."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    regions = forms.CharField(
        label=gettext_lazy("States or regions"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Only these parts of the countries, a line each, as buyers write them."),
    )
    postcodes = forms.CharField(
        label=gettext_lazy("Postcodes"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Only these parts of the countries, a line each: BT1 5AB, all that begin so with BT*, or 1000-1999."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["countries"].choices = list(all_countries)  # type: ignore[attr-defined]

    def clean_regions(self) -> list[str]:
        return _lines(self.cleaned_data["regions"])

    def clean_postcodes(self) -> list[str]:
        return _lines(self.cleaned_data["postcodes"].replace(",", "\n"))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class AddZone(Verb):
    name = "add"
    label = gettext_lazy("Add a zone")
    permission = policies.MANAGE
    icon = "add"
    form_class = ZoneForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("Rates of this zone are offered to its addresses. Of zones that fit, the closest counts.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return add_zone(actor, **data, key=key)


class ChangeZone(Verb):
    name = "change"
    label = gettext_lazy("Change")
    permission = policies.MANAGE
    icon = "edit"
    form_class = ZoneForm
    writes_back = True

    def explain(self, actor: Actor, obj: DeliveryZone) -> list[Any]:
        return [_("New orders use the new places; orders already placed keep what they were promised.")]

    def initial(self, actor: Actor, obj: DeliveryZone) -> dict[str, Any]:
        return {
            "name": obj.name,
            "countries": obj.countries,
            "regions": "\n".join(obj.regions),
            "postcodes": "\n".join(obj.postcodes),
        }

    def perform(self, actor: Actor, obj: DeliveryZone, data: dict[str, Any], key: str) -> Any:
        return change_zone(actor, zone_id=obj.pk, **data)


class RemoveZone(Verb):
    name = "remove"
    label = gettext_lazy("Remove")
    permission = policies.MANAGE
    dangerous = True

    def explain(self, actor: Actor, obj: DeliveryZone) -> list[Any]:
        return [_("%(name)s is gone. It can be removed when no rate uses it.") % {"name": obj.name}]

    def perform(self, actor: Actor, obj: DeliveryZone, data: dict[str, Any], key: str) -> Any:
        remove_zone(actor, zone_id=obj.pk)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:shipping_deliveryzone_changelist")


def countries_of(zone: DeliveryZone) -> str:
    """The first four by name."""
    if not zone.countries:
        return _("Everywhere else")
    names = [all_countries.name(code) for code in zone.countries[:4]]
    return ", ".join(names) + (" …" if len(zone.countries) > 4 else "")


def parts_of(zone: DeliveryZone) -> str:
    """The first of its regions and postcodes."""
    parts = [*zone.regions, *zone.postcodes]
    return ", ".join(parts[:6]) + (" …" if len(parts) > 6 else "")


countries_of.short_description = gettext_lazy("Countries")  # type: ignore[attr-defined]
parts_of.short_description = gettext_lazy("Only these parts")  # type: ignore[attr-defined]


@register(DeliveryZone)
class DeliveryZoneAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [text_column("name", description=gettext_lazy("Name")), countries_of, parts_of]
    ordering = ["name", "id"]
    verbs = [ChangeZone, RemoveZone]
    list_verbs = [AddZone]
    empty_title = gettext_lazy("No delivery zones yet")
    empty_text = gettext_lazy("Add one when parts of a country, or groups of countries, cost differently.")
    empty_verb = "add"

    def facts(self, actor: Actor, obj: DeliveryZone) -> list[Fact]:
        return [
            Fact(_("Countries"), ", ".join(all_countries.name(code) for code in obj.countries))
            if obj.countries
            else Fact(_("Countries"), _("Everywhere else")),
            Fact(_("States or regions"), ", ".join(obj.regions)),
            Fact(_("Postcodes"), ", ".join(obj.postcodes)),
        ]

    def sections(self, actor: Actor, obj: DeliveryZone) -> list[Section]:
        rates = ShippingRate.objects.filter(zone=obj)
        return [
            Section(
                _("Rates"),
                columns=[_("Name"), _("State")],
                rows=[[rate.name, _("In use") if rate.active else _("Out of use")] for rate in rates],
                empty=_("No rate uses this zone: nobody is offered delivery by it."),
            )
        ]


nav.register(
    section="Settings",
    label=gettext_lazy("Delivery zones"),
    url="admin:shipping_deliveryzone_changelist",
    under="admin:business_settings",
    permission=policies.READ,
    icon="public",
    order=46,
)
