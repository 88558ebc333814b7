"""Packages in the back office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_state, number_column, text_column
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.selling.shipping import policies
from apps.selling.shipping.models import Package
from apps.selling.shipping.services import add_package, change_package, use_package
from apps.selling.shipping.services.packages import HEAVIEST_GRAMS, LARGEST_MM


class PackageForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    length_mm = forms.IntegerField(label=gettext_lazy("Length in mm"), min_value=1, max_value=LARGEST_MM)
    width_mm = forms.IntegerField(label=gettext_lazy("Width in mm"), min_value=1, max_value=LARGEST_MM)
    height_mm = forms.IntegerField(label=gettext_lazy("Height in mm"), min_value=1, max_value=LARGEST_MM)
    empty_grams = forms.IntegerField(
        label=gettext_lazy("Weight when empty, in grams"), min_value=0, max_value=HEAVIEST_GRAMS, initial=0
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("The usual one"),
        required=False,
        help_text=gettext_lazy("Its weight is added when delivery goes by weight, and labels begin with it."),
    )


class AddPackage(Verb):
    name = "add"
    label = gettext_lazy("Add a package")
    permission = policies.MANAGE
    icon = "add"
    form_class = PackageForm

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return add_package(actor, **data, key=key)


class ChangePackage(Verb):
    name = "change"
    label = gettext_lazy("Change")
    permission = policies.MANAGE
    icon = "edit"
    form_class = PackageForm
    writes_back = True

    def explain(self, actor: Actor, obj: Package) -> list[Any]:
        return [_("Labels already bought keep their size.")]

    def initial(self, actor: Actor, obj: Package) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in PackageForm.base_fields}

    def perform(self, actor: Actor, obj: Package, data: dict[str, Any], key: str) -> Any:
        return change_package(actor, package_id=obj.pk, **data)


class TakeOut(Verb):
    name = "take-out"
    label = gettext_lazy("Take out of use")
    permission = policies.MANAGE
    dangerous = True

    def is_available(self, actor: Actor, obj: Package) -> bool:
        return obj.active and not obj.is_default

    def explain(self, actor: Actor, obj: Package) -> list[Any]:
        return [_("Nobody can choose %(name)s for a parcel any more.") % {"name": obj.name}]

    def perform(self, actor: Actor, obj: Package, data: dict[str, Any], key: str) -> Any:
        return use_package(actor, package_id=obj.pk, active=False)


class PutIn(Verb):
    name = "put-in"
    label = gettext_lazy("Put into use")
    permission = policies.MANAGE
    icon = "undo"

    def is_available(self, actor: Actor, obj: Package) -> bool:
        return not obj.active

    def perform(self, actor: Actor, obj: Package, data: dict[str, Any], key: str) -> Any:
        return use_package(actor, package_id=obj.pk, active=True)


def size_of(package: Package) -> str:
    """In centimetres, as people say it."""
    sides = (package.length_mm, package.width_mm, package.height_mm)
    return " × ".join(f"{side / 10:g}" for side in sides) + " cm"


def use_of(package: Package) -> Any:
    """Whether it is the usual one."""
    return format_state("active", _("The usual one")) if package.is_default else ""


size_of.short_description = gettext_lazy("Size")  # type: ignore[attr-defined]
use_of.short_description = gettext_lazy("Used")  # type: ignore[attr-defined]


@register(Package)
class PackageAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        text_column("name", description=gettext_lazy("Name")),
        size_of,
        number_column("empty_grams", description=gettext_lazy("Grams when empty")),
        use_of,
    ]
    ordering = ["-is_default", "name", "id"]
    tabs = [
        Tab("in_use", gettext_lazy("In use"), Q(active=True)),
        Tab("out", gettext_lazy("Out of use"), Q(active=False)),
    ]
    verbs = [ChangePackage, PutIn, TakeOut]
    list_verbs = [AddPackage]
    empty_title = gettext_lazy("No packages here")
    empty_text = gettext_lazy("Add the boxes and bags you pack in: their size and weight stand on labels.")
    empty_verb = "add"

    def facts(self, actor: Actor, obj: Package) -> list[Fact]:
        return [
            Fact(_("Size"), size_of(obj)),
            Fact(_("Weight when empty, in grams"), obj.empty_grams),
            Fact(_("The usual one"), _("Yes") if obj.is_default else _("No")),
            Fact(_("In use"), _("Yes") if obj.active else _("No")),
        ]


nav.register(
    section="Settings",
    label=gettext_lazy("Packages"),
    url="admin:shipping_package_changelist",
    under="admin:business_settings",
    permission=policies.READ,
    icon="package_2",
    order=47,
)
