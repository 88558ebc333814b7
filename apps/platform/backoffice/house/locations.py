"""Shops, warehouses and vans."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_state, text_column
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.models import Location
from apps.platform.businesses.services import add_location, change_location


class LocationForm(forms.Form):
    """A new location."""

    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=Location.chosen_kinds)
    code = forms.CharField(
        label=_("Code"),
        max_length=16,
        required=False,
        help_text=_("Short, for labels and lists. Made from the name when left empty."),
    )


class ChangeLocationForm(LocationForm):
    """A location that exists."""

    is_default = forms.BooleanField(
        label=_("Default location"), required=False, help_text=_("Online orders take their stock from here.")
    )
    active = forms.BooleanField(label=_("Active"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = True


class AddLocation(Verb):
    name = "add"
    label = _("Add location")
    permission = "locations.change"
    form_class = LocationForm

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return add_location(actor, **data, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _("%(name)s was added.") % {"name": result.name}


class ChangeLocation(Verb):
    name = "change"
    label = _("Change")
    permission = "locations.change"
    form_class = ChangeLocationForm
    submit_label = _("Save location")
    writes_back = True

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return bool(obj.kind != Location.Kind.TRANSIT)

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in ("name", "kind", "code", "is_default", "active")}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return change_location(actor, location_id=obj.pk, **data, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _("%(name)s was saved.") % {"name": result.name}


def _standing(location: Location) -> str:
    if location.kind == Location.Kind.TRANSIT:
        return format_state("transit", _("Kept by the product"), "")
    if location.is_default:
        return format_state("default", _("Default"), "good")
    return (
        format_state("active", _("Active"), "info")
        if location.active
        else format_state("off", _("Closed"), "")
    )


_standing.short_description = _("State")  # type: ignore[attr-defined]


@register(Location)
class LocationAdmin(TenantModelAdmin):
    """Few rows; the default one first."""

    read_permission = "locations.read"
    list_display = ("name", "code", text_column("get_kind_display", description=_("Kind")), _standing)
    ordering = ("-is_default", "name", "id")
    verbs = (ChangeLocation,)
    list_verbs = (AddLocation,)

    def facts(self, actor: Actor, obj: Any) -> list[Fact]:
        return [
            Fact(_("Code"), obj.code),
            Fact(_("Kind"), obj.get_kind_display()),
            Fact(_("State"), _standing(obj)),
        ]


nav.register(
    section="Settings",
    label=_("Locations"),
    url="admin:businesses_location_changelist",
    under="admin:business_settings",
    permission="locations.read",
    icon="location_on",
    order=40,
)
