"""The grid of the bulk edit: choose products, type into cells or choose a rule, look at it, apply."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Brand, Product
from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.imports import services
from apps.goods.imports.batch_pages import batch_url
from apps.goods.imports.editing import (
    LABELS,
    PRODUCT_CELLS,
    ROUNDINGS,
    RULES,
    VARIANT_CELLS,
    Editor,
    Grid,
    Rule,
)
from apps.goods.imports.exporting import find_wanted
from apps.goods.imports.filter_form import FilterForm, wanted_of
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, InvalidInput
from apps.kernel.web import form_error
from apps.platform.backoffice.pages import page, render_page

SHOWN = 50
MOST_MATCHES = 2000
_NEEDED = {"price": "products.price", "compare_at_price": "products.price", "cost": "products.price",
           "stock": "stock.adjust", "status": "products.publish", "published": "products.publish"}  # fmt: skip


class RuleForm(forms.Form):
    rule = forms.ChoiceField(label=_("Rule"), required=False, choices=list(RULES.items()))
    value = forms.CharField(label=_("Value"), required=False, max_length=255)
    rounding = forms.ChoiceField(
        label=_("Prices are rounded"), required=False, choices=list(ROUNDINGS.items())
    )
    everything = forms.BooleanField(
        label=_("Use the rule for all products found, also those on other pages"), required=False
    )


@page("products/bulk/", name="imports_edit", title=_("Edit in bulk"), permission="imports.edit")
def edit(request: HttpRequest) -> HttpResponse:
    """The grid; a POST makes the preview, which waits on its own page to be applied."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    filters = FilterForm(request.GET or None)
    wanted = wanted_of(filters.cleaned_data if filters.is_valid() else {})
    found = find_wanted(wanted)
    number = request.GET.get("page", "1")
    start = (int(number) - 1) * SHOWN if number.isdecimal() and 0 < int(number) < 10_000 else 0
    window = list(found[start : start + SHOWN + 1])
    grid = Grid(window[:SHOWN])
    cells = [
        name
        for name in (*PRODUCT_CELLS, *VARIANT_CELLS)
        if actor.may(_NEEDED.get(name, "products.change")) and (name != "cost" or actor.may(SEES_COSTS))
    ]
    rules = RuleForm(request.POST or None)
    problems: list[str] = []
    if request.method == "POST" and rules.is_valid():
        editor = Editor(grid)
        try:
            _read_cells(request, editor, grid, cells)
            rule = Rule(*(rules.cleaned_data[name] for name in ("rule", "value", "rounding")))
            everybody = found if rules.cleaned_data["everything"] else None
            label = _apply_rule(request, editor, grid, rule, everybody)
            problems = editor.problems
            if not problems:
                batch = services.preview_edit(actor, edits=editor.found(), label=label)
                return HttpResponseRedirect(batch_url(batch))
        except DomainError as error:
            form_error(rules, error)
    context = {
        "filters": filters,
        "rules": rules,
        "problems": problems[:50],
        "rows": _rows(request, grid, cells),
        "columns": [LABELS[name] for name in cells],
        "categories": sorted(grid.paths.values(), key=str.casefold)[:MOST_MATCHES],
        "brands": Brand.objects.order_by("name").values_list("name", flat=True)[:MOST_MATCHES],
        "previous_url": _page_url(request, start // SHOWN) if start else "",
        "next_url": _page_url(request, start // SHOWN + 2) if len(window) > SHOWN else "",
    }
    return render_page(request, "imports/edit.html", context, status=400 if problems or rules.errors else 200)


def _apply_rule(request: HttpRequest, editor: Editor, grid: Grid, rule: Rule, everybody: Any) -> str:
    """Use the rule for the ticked rows, or for all that match; what the edit is called."""
    if everybody is None or not rule.name:
        ticked = set(request.POST.getlist("chosen"))
        editor.apply(rule, [product for product in grid.products if str(product.pk) in ticked])
    else:
        others = Grid(list(everybody[: MOST_MATCHES + 1]))
        if len(others.products) > MOST_MATCHES:
            raise InvalidInput(_now("More than 2,000 products match. Narrow the choice down first."))
        shown = editor.grid
        editor.grid = others
        editor.apply(rule, others.products)
        editor.grid = shown
    if not rule.name:
        return _now("Edited in the grid")
    words = str(RULES[rule.name])
    return f"{words}: {rule.value}" if rule.value.strip() else words


def _read_cells(request: HttpRequest, editor: Editor, grid: Grid, cells: list[str]) -> None:
    """Cells that differ from what the page showed: others are not touched, whoever changed them since."""
    for product in grid.products:
        typed = _typed(request, f"p-{product.pk}", [name for name in cells if name in PRODUCT_CELLS])
        editor.type_product(product, typed)
        for variant in grid.variants[product.pk]:
            own = _typed(request, f"v-{variant.pk}", [name for name in cells if name in VARIANT_CELLS])
            editor.type_variant(product, variant, own)


def _typed(request: HttpRequest, row: str, names: list[str]) -> dict[str, str]:
    shown = request.POST.get(f"{row}-shown")
    if shown is None:
        return {}
    before = _shown_before(shown)
    typed = {}
    for name, was in zip(names, before, strict=False):
        text = request.POST.get(f"{row}-{name}")
        if text is not None and text.strip() != was:
            typed[name] = text
    return typed


def _shown_before(text: str) -> list[str]:
    """What the cells held when they were shown."""
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [str(cell) for cell in found] if isinstance(found, list) else []


def _rows(request: HttpRequest, grid: Grid, cells: list[str]) -> list[dict[str, Any]]:
    sent = request.POST if request.method == "POST" else None
    ticked = set(sent.getlist("chosen")) if sent is not None else None
    rows = []
    for product in grid.products:
        parts = [
            _row(f"p-{product.pk}", grid.product_cells(product), PRODUCT_CELLS, cells, sent, product.title)
        ]
        for variant in grid.variants[product.pk]:
            label = f"{product.title} – {variant.title}" if variant.title else product.title
            parts.append(
                {
                    **_row(f"v-{variant.pk}", grid.variant_cells(variant), VARIANT_CELLS, cells, sent, label),
                    "title": variant.title or variant.sku or _now("Price and stock"),
                    "sku": variant.sku,
                }
            )
        rows.append(
            {
                "product": product,
                "id": str(product.pk),
                "ticked": ticked is None or str(product.pk) in ticked,
                "head": parts[0],
                "variants": parts[1:],
            }
        )
    return rows


def _row(
    name: str, texts: dict[str, str], own: tuple[str, ...], cells: list[str], sent: Any, label: str
) -> dict[str, Any]:
    used = [cell for cell in cells if cell in own]
    shown = json.dumps([texts[cell].strip() for cell in used])
    if sent is not None:
        shown = sent.get(f"{name}-shown", shown)
    return {
        "name": f"{name}-shown",
        "shown": shown,
        "cells": [
            {
                "name": f"{name}-{cell}",
                "kind": cell,
                "label": f"{LABELS[cell]}: {label}",
                "column": LABELS[cell],
                "value": sent.get(f"{name}-{cell}", texts[cell]) if sent is not None else texts[cell],
                "off": cell == "stock" and not texts[cell],
                "choices": _choices(cell),
            }
            for cell in used
        ],
    }


def _choices(cell: str) -> list[tuple[str, Any]]:
    if cell == "status":
        return list(Product.Status.choices)
    return [("yes", _("Yes")), ("no", _("No"))] if cell == "published" else []


def _page_url(request: HttpRequest, number: int) -> str:
    query = {name: value for name, value in request.GET.items() if name != "page"}
    return f"?{urlencode({**query, 'page': number})}"
