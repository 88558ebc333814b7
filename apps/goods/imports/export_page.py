"""Exporting products from their list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Product
from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.imports import services
from apps.goods.imports.exporting import CONTENT_TYPES, FILE_TYPES, FORMATS, export_name, write_export
from apps.goods.imports.filter_form import FilterForm, wanted_of
from apps.kernel.actors import Actor
from apps.platform.backoffice.sites import site
from apps.platform.backoffice.verbs import Verb


class ExportForm(FilterForm):
    format = forms.ChoiceField(label=_("File for"), choices=list(FORMATS.items()))
    file_type = forms.ChoiceField(label=_("Kind of file"), choices=list(FILE_TYPES.items()))
    field_order = ["format", "file_type"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)


class Export(Verb):
    name = "export"
    label = _("Export")
    permission = "imports.export"
    form_class = ExportForm
    submit_label = _("Download the file")
    gives_file = True  # the page stays, so the button must work again

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now(
                "Without a choice below, all products are in the file. What is exported can be imported again."
            ),
            _now("Cells that a spreadsheet would run get a leading apostrophe, which an import takes off."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        wanted = wanted_of(data)
        kind = {"format_name": data["format"], "file_type": data["file_type"]}
        if not services.enter_export(actor, wanted=wanted, **kind):
            return None
        file = write_export(wanted, **kind, with_costs=actor.may(SEES_COSTS))
        return file, export_name(**kind), CONTENT_TYPES[data["file_type"]]

    def answer(self, request: HttpRequest, obj: Any, result: Any) -> HttpResponse | None:
        if result is None:
            return None
        file, name, content_type = result
        return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)  # type: ignore[return-value]

    def success(self, obj: Any, result: Any) -> Any:
        return _now("No product is like that, so there is nothing to export.")

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:list_verb", args=["catalog", "product", "export"])


class EditInBulk(Verb):
    """A link to the grid, where every choice is made."""

    name = "bulk"
    label = _("Edit in bulk")
    permission = "imports.edit"
    submit_label = _("Open the grid")

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now("Change prices, stock, tags, status, category and brand of many products in one grid."),
            _now("You see before and after first, and can undo it as a whole."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return None

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Choose the products, then type into the cells or choose a rule.")

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:imports_edit")


# The list of products belongs to an app below this one, which does not know it.
_page: Any = site._registry[Product]
_page.list_verbs = [*_page.list_verbs, EditInBulk, Export]
