"""What staff do with price lists and tax zones: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb

from . import policies, services
from .forms import FileForm, ListForm, SheetForm, ZoneForm
from .models import PriceList, TaxClass, TaxZone
from .selectors import list_entries
from .sheets import write_sheet


def page_of(row: Any) -> str:
    """The row's page."""
    return reverse(f"admin:pricing_{row._meta.model_name}_change", args=[row.pk])


class _SavesList(Verb):
    permission = policies.MANAGE
    form_class = ListForm
    submit_label = _("Save list")

    def success(self, obj: Any, result: PriceList) -> Any:
        return _now("“%(name)s” was saved.") % {"name": result.name}

    def success_url(self, obj: Any, result: PriceList) -> str | None:
        return page_of(result)


class AddList(_SavesList):
    name = "add"
    label = _("Add price list")
    icon = "add"

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.save_list(actor, **data, key=key)


class ChangeList(_SavesList):
    name = "change"
    label = _("Edit")
    icon = "edit"
    writes_back = True

    def explain(self, actor: Actor, obj: PriceList) -> list[Any]:
        return [_now("The store shows it at once. Orders already placed keep their prices.")]

    def initial(self, actor: Actor, obj: PriceList) -> dict[str, Any]:
        names = ("name", "level", "segment", "channels", "valid_from", "valid_to", "reference", "priority")
        email = obj.customer.email if obj.customer else ""
        return {**{name: getattr(obj, name) for name in names}, "customer": email}

    def get_form(self, actor: Actor, obj: PriceList, **kwargs: Any) -> Any:
        form = ListForm(**kwargs)
        # A list that changed sides would have other prices for other people under its name.
        form.fields["level"].choices = [c for c in form.fields["level"].choices if c[0] == obj.level]  # type: ignore[attr-defined]
        return form

    def perform(self, actor: Actor, obj: PriceList, data: dict[str, Any], key: str) -> Any:
        return services.change_list(actor, list_id=obj.pk, changes=data)


class WritePrices(Verb):
    name = "prices"
    label = _("Edit prices")
    permission = policies.MANAGE
    icon = "price_change"
    form_class = SheetForm
    writes_back = True
    submit_label = _("Save prices")

    def initial(self, actor: Actor, obj: PriceList) -> dict[str, Any]:
        return {"lines": write_sheet(list_entries().filter(price_list=obj))}

    def perform(self, actor: Actor, obj: PriceList, data: dict[str, Any], key: str) -> Any:
        services.set_entries(actor, list_id=obj.pk, entries=data["lines"], is_whole=True, key=key)
        return len(data["lines"])

    def success(self, obj: Any, result: int) -> Any:
        words = ngettext("The list has %(count)s price now.", "The list has %(count)s prices now.", result)
        return words % {"count": result}


class ReadPrices(Verb):
    name = "file"
    label = _("Read a CSV file")
    permission = policies.MANAGE
    icon = "upload_file"
    form_class = FileForm
    submit_label = _("Read file")

    def perform(self, actor: Actor, obj: PriceList, data: dict[str, Any], key: str) -> Any:
        services.set_entries(actor, list_id=obj.pk, entries=data["lines"], key=key)
        return len(data["lines"])

    def success(self, obj: Any, result: int) -> Any:
        words = ngettext("%(count)s price was read.", "%(count)s prices were read.", result)
        return words % {"count": result}


class TakeOut(Verb):
    name = "take-out"
    label = _("Take out of use")
    permission = policies.MANAGE
    dangerous = True

    def is_available(self, actor: Actor, obj: PriceList) -> bool:
        return obj.active

    def explain(self, actor: Actor, obj: PriceList) -> list[Any]:
        return [_now("From now on nobody pays the prices of “%(name)s”.") % {"name": obj.name}]

    def perform(self, actor: Actor, obj: PriceList, data: dict[str, Any], key: str) -> Any:
        return services.use_list(actor, list_id=obj.pk, active=False)


class PutIn(Verb):
    name = "put-in"
    label = _("Put into use")
    permission = policies.MANAGE
    icon = "undo"

    def is_available(self, actor: Actor, obj: PriceList) -> bool:
        return not obj.active

    def explain(self, actor: Actor, obj: PriceList) -> list[Any]:
        return [_now("The prices of “%(name)s” hold again, within their time.") % {"name": obj.name}]

    def perform(self, actor: Actor, obj: PriceList, data: dict[str, Any], key: str) -> Any:
        return services.use_list(actor, list_id=obj.pk, active=True)


class _SavesZone(Verb):
    permission = policies.TAXES
    form_class = ZoneForm
    submit_label = _("Save zone")

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("New orders use it. Orders already placed keep their taxes.")]

    def success(self, obj: Any, result: TaxZone) -> Any:
        return _now("“%(name)s” was saved.") % {"name": result.name}

    def success_url(self, obj: Any, result: TaxZone) -> str | None:
        return page_of(result)


class AddZone(_SavesZone):
    name = "add"
    label = _("Add tax zone")
    icon = "add"

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.save_zone(actor, **data, key=key)


class ChangeZone(_SavesZone):
    name = "change"
    label = _("Edit")
    icon = "edit"
    writes_back = True

    def initial(self, actor: Actor, obj: TaxZone) -> dict[str, Any]:
        names = ("name", "country", "shipping_class", "reverse_charge")
        rates = [
            f"{one.name}, {(one.rate * 100).normalize():f}"
            + ("" if one.tax_class == TaxClass.STANDARD else f", {one.tax_class}")
            for one in obj.rates(manager="objects").order_by("position")  # type: ignore[operator]
        ]
        return {
            **{name: getattr(obj, name) for name in names},
            "regions": ", ".join(obj.regions),
            "rates": "\n".join(rates),
        }

    def perform(self, actor: Actor, obj: TaxZone, data: dict[str, Any], key: str) -> Any:
        return services.save_zone(actor, **data, zone_id=obj.pk, active=obj.active)


class SwitchZone(Verb):
    name = "switch"
    label = _("Use or do not use")
    permission = policies.TAXES
    dangerous = True

    def explain(self, actor: Actor, obj: TaxZone) -> list[Any]:
        if obj.active:
            return [_now("New orders there pay the taxes of the next wider zone, or your standard rate.")]
        return [_now("New orders there pay these taxes again.")]

    def perform(self, actor: Actor, obj: TaxZone, data: dict[str, Any], key: str) -> Any:
        return services.use_zone(actor, zone_id=obj.pk, active=not obj.active)
