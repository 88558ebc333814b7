"""What staff do with the library: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.garments import services
from apps.goods.garments.forms import ChartForm, ColourForm, ScaleForm, SeasonForm, StyleForm
from apps.goods.garments.models import Colour, Season, SizeChart, SizeScale, Style
from apps.goods.garments.reading import parse_chart
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb
from apps.platform.media import policies as media_policies

ARRANGE = "products.arrange"


def page_of(row: Any) -> str:
    """The row's page."""
    return reverse(f"admin:garments_{row._meta.model_name}_change", args=[row.pk])


class _Saves(Verb):
    permission = ARRANGE
    submit_label = _("Save")

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was saved.") % {"name": result}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return page_of(result)


class DeleteEntry(Verb):
    name = "delete"
    label = _("Delete")
    permission = ARRANGE
    dangerous = True

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("“%(name)s” is deleted. Nothing may use it any more.") % {"name": obj}]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.delete_entry(actor, kind=obj._meta.model_name, entry_id=obj.pk)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse(f"admin:garments_{obj._meta.model_name}_changelist")


class AddScale(_Saves):
    name = "add"
    label = _("Add scale")
    form_class = ScaleForm

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"sizes": "XS\nS\nM\nL\nXL\nXXL"}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        data["sizes"] = data["sizes"].splitlines()
        return services.save_scale(actor, **data, key=key)


class ChangeScale(_Saves):
    name = "change"
    label = _("Edit")
    form_class = ScaleForm
    writes_back = True

    def initial(self, actor: Actor, obj: SizeScale) -> dict[str, Any]:
        return {"name": obj.name, "kind": obj.kind, "sizes": "\n".join(obj.sizes)}

    def perform(self, actor: Actor, obj: SizeScale, data: dict[str, Any], key: str) -> Any:
        data["sizes"] = data["sizes"].splitlines()
        return services.save_scale(actor, **data, scale_id=obj.pk)


class _SavesColour(_Saves):
    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        form = ColourForm(**kwargs)
        if not actor.may(media_policies.READ):
            del form.fields["media_id"]
        return form


class AddColour(_SavesColour):
    name = "add"
    label = _("Add colour")

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.save_colour(actor, **data, key=key)


class ChangeColour(_SavesColour):
    name = "change"
    label = _("Edit")
    writes_back = True

    def initial(self, actor: Actor, obj: Colour) -> dict[str, Any]:
        names = "\n".join(f"{code}: {name}" for code, name in obj.names.items())
        return {"name": obj.name, "hex": obj.hex, "media_id": obj.swatch_id, "names": names}

    def is_available(self, actor: Actor, obj: Colour) -> bool:
        # Who does not see the library must not take the swatch off by saving a form without it.
        return obj.swatch_id is None or actor.may(media_policies.READ)

    def perform(self, actor: Actor, obj: Colour, data: dict[str, Any], key: str) -> Any:
        return services.save_colour(actor, **data, colour_id=obj.pk)


class AddSeason(_Saves):
    name = "add"
    label = _("Add season")
    form_class = SeasonForm

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.save_season(actor, **data, key=key)


class ChangeSeason(_Saves):
    name = "change"
    label = _("Edit")
    form_class = SeasonForm
    writes_back = True

    def initial(self, actor: Actor, obj: Season) -> dict[str, Any]:
        return {"half": obj.half, "year": obj.year}

    def perform(self, actor: Actor, obj: Season, data: dict[str, Any], key: str) -> Any:
        return services.save_season(actor, **data, season_id=obj.pk)


class MakeCollection(Verb):
    name = "collection"
    label = _("Make its collection")
    permission = ARRANGE

    def explain(self, actor: Actor, obj: Season) -> list[Any]:
        return [
            _now("The garments of %(season)s become a collection, in the order of their names.")
            % {"season": obj},
            _now("The store shows it when you say so, on the collection's page."),
        ]

    def perform(self, actor: Actor, obj: Season, data: dict[str, Any], key: str) -> Any:
        return services.make_season_collection(actor, season_id=obj.pk, key=key)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:catalog_collection_change", args=[result.pk])


class AddStyle(_Saves):
    name = "add"
    label = _("Add style")
    form_class = StyleForm

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.save_style(actor, **data, key=key)


class ChangeStyle(_Saves):
    name = "change"
    label = _("Edit")
    form_class = StyleForm
    writes_back = True

    def initial(self, actor: Actor, obj: Style) -> dict[str, Any]:
        return {"number": obj.number, "name": obj.name}

    def perform(self, actor: Actor, obj: Style, data: dict[str, Any], key: str) -> Any:
        return services.save_style(actor, **data, style_id=obj.pk)


class AddChart(_Saves):
    name = "add"
    label = _("Add size chart")
    form_class = ChartForm

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.save_chart(actor, name=data["name"], **parse_chart(data["rows"]), key=key)


class ChangeChart(_Saves):
    name = "change"
    label = _("Edit")
    form_class = ChartForm
    writes_back = True

    def initial(self, actor: Actor, obj: SizeChart) -> dict[str, Any]:
        heads = ["Size", *obj.regions, *obj.measures]
        lines = [
            [
                row["size"],
                *(row["regions"][r] for r in obj.regions),
                *(row["measures"][m] for m in obj.measures),
            ]
            for row in obj.rows
        ]
        return {"name": obj.name, "rows": "\n".join(";".join(cells) for cells in [heads, *lines])}

    def perform(self, actor: Actor, obj: SizeChart, data: dict[str, Any], key: str) -> Any:
        return services.save_chart(actor, name=data["name"], **parse_chart(data["rows"]), chart_id=obj.pk)
