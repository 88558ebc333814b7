"""Forms of collections. Each filled field of `RulesForm` is a rule; the services decide about them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.forms import SHELF_WORDS, AmountField, ShelfForm, TagsField
from apps.goods.catalog.models import Brand, Collection
from apps.goods.catalog.rules import MOST_DAYS, QUESTIONS
from apps.goods.catalog.selectors import list_categories

MOST_BRANDS = 500
# Field of the form, and what its rule asks; those in the first line may hold several values.
SEVERAL = {"titles": "title", "brands": "brand", "categories": "category", "tags": "tag"}
SINGLE = {"price_above": "price_above", "price_below": "price_below", "created_within": "created_within"}


class CollectionForm(ShelfForm):
    name = forms.CharField(label=_("Name"), max_length=255)
    field_order = ("name", "slug", *SHELF_WORDS)


class ChangeCollectionForm(CollectionForm):
    slug = forms.SlugField(
        label=_("Address"), max_length=255, help_text=_("The former address leads to the new one.")
    )


def _choices_of_brands() -> list[tuple[str, str]]:
    rows = Brand.objects.order_by("name", "pk").values_list("pk", "name")[:MOST_BRANDS]
    return [(str(pk), name) for pk, name in rows]


def _choices_of_categories() -> list[tuple[str, str]]:
    return [(str(branch.pk), "\u2003" * branch.depth + branch.name) for branch in list_categories()]


class RulesForm(forms.Form):
    """What products of a collection have in common."""

    match = forms.ChoiceField(
        label=_("Products meet"), choices=Collection.Match.choices, initial=Collection.Match.ALL
    )
    titles = TagsField(
        label=_("Title contains"), required=False, help_text=_("Several words are separated by commas.")
    )
    brands = forms.MultipleChoiceField(
        label=_("Brand is"),
        choices=_choices_of_brands,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )
    categories = forms.MultipleChoiceField(
        label=_("Category is, or lies below"),
        choices=_choices_of_categories,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )
    tags = TagsField(label=_("Has the tag"), required=False, help_text=_("Separated by commas."))
    price_above = AmountField(label=_("Price is above"), required=False)
    price_below = AmountField(label=_("Price is below"), required=False)
    created_within = forms.IntegerField(
        label=_("Added within the last days"), required=False, min_value=1, max_value=MOST_DAYS
    )
    in_stock = forms.BooleanField(label=_("Is in stock"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "in_stock" not in QUESTIONS:
            del self.fields["in_stock"]


class NewRulesForm(CollectionForm, RulesForm):
    field_order = ("name", "description", "match")


def rules_from(data: dict[str, Any]) -> list[dict[str, str]]:
    """The rules that a cleaned form holds; takes their fields out of `data`."""
    rules = []
    for field, asks in SEVERAL.items():
        rules += [{"field": asks, "value": value} for value in data.pop(field, None) or []]
    for field, asks in SINGLE.items():
        value = data.pop(field, None)
        if value is not None:
            text = f"{value:f}" if isinstance(value, Decimal) else str(value)
            rules.append({"field": asks, "value": text})
    if data.pop("in_stock", False):
        rules.append({"field": "in_stock", "value": "yes"})
    return rules


def initial_of(collection: Collection) -> dict[str, Any]:
    """The fields of `RulesForm` for the rules a collection has."""
    initial: dict[str, Any] = {
        "match": collection.match,
        "titles": [],
        "brands": [],
        "categories": [],
        "tags": [],
    }
    by_question = {asks: field for field, asks in SEVERAL.items()}
    for rule in collection.rules:
        if rule["field"] in by_question:
            initial[by_question[rule["field"]]].append(rule["value"])
        else:
            initial[rule["field"]] = rule["value"]
    return initial
