"""What staff do with collections: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog import services
from apps.goods.catalog.collection_forms import (
    ChangeCollectionForm,
    CollectionForm,
    NewRulesForm,
    RulesForm,
    initial_of,
    rules_from,
)
from apps.goods.catalog.forms import shelf_words
from apps.goods.catalog.models import Collection, CollectionItem, Product, Variant
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb

Kind = Collection.Kind


class _Saved(Verb):
    permission = "products.arrange"

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was saved.") % {"name": result.name}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:catalog_collection_change", args=[result.pk])


class AddByHand(_Saved):
    name = "add"
    label = _("Add collection")
    form_class = CollectionForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("You choose the products one by one, in your order.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.create_collection(actor, kind=Kind.MANUAL, key=key, **data)


class AddByRules(_Saved):
    name = "add-by-rules"
    label = _("Add collection by rules")
    form_class = NewRulesForm
    template_name = "catalog/collection_rules.html"
    submit_label = _("Add collection")

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Every product that meets the rules is in it by itself, from the moment it does.")]

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        return {"preview_url": reverse("admin:catalog_rules_preview")}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        rules = rules_from(data)
        return services.create_collection(actor, kind=Kind.RULES, rules=rules, key=key, **data)


class ChangeRules(_Saved):
    name = "rules"
    label = _("Change rules")
    form_class = RulesForm
    template_name = "catalog/collection_rules.html"
    submit_label = _("Save rules")
    writes_back = True

    def is_available(self, actor: Actor, obj: Collection) -> bool:
        return obj.kind == Kind.RULES

    def initial(self, actor: Actor, obj: Collection) -> dict[str, Any]:
        return initial_of(obj)

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        return {"preview_url": reverse("admin:catalog_rules_preview")}

    def perform(self, actor: Actor, obj: Collection, data: dict[str, Any], key: str) -> Any:
        rules = rules_from(data)
        return services.change_collection(actor, collection_id=obj.pk, rules=rules, match=data["match"])


class ChangeCollection(_Saved):
    name = "change"
    label = _("Edit")
    form_class = ChangeCollectionForm
    submit_label = _("Save collection")
    writes_back = True

    def initial(self, actor: Actor, obj: Collection) -> dict[str, Any]:
        return {"name": obj.name, "slug": obj.slug, **shelf_words(obj)}

    def perform(self, actor: Actor, obj: Collection, data: dict[str, Any], key: str) -> Any:
        return services.change_collection(actor, collection_id=obj.pk, **data)


class ProductsForm(forms.Form):
    products = forms.CharField(
        label=_("Products"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=_("One line for each, in the order of the store: a SKU, or the address of a product."),
    )


class ChooseProducts(_Saved):
    name = "products"
    label = _("Choose products")
    form_class = ProductsForm
    submit_label = _("Save products")
    writes_back = True

    def is_available(self, actor: Actor, obj: Collection) -> bool:
        return obj.kind == Kind.MANUAL

    def initial(self, actor: Actor, obj: Collection) -> dict[str, Any]:
        items = CollectionItem.objects.filter(collection=obj).order_by("position", "pk")
        return {"products": "\n".join(items.values_list("product__slug", flat=True))}

    def get_form(self, actor: Actor, obj: Collection, **kwargs: Any) -> Any:
        return _ProductLines(**kwargs)

    def perform(self, actor: Actor, obj: Collection, data: dict[str, Any], key: str) -> Any:
        return services.set_collection_products(actor, collection_id=obj.pk, product_ids=data["products"])


class _ProductLines(ProductsForm):
    def clean_products(self) -> list[Any]:
        """The products that the lines name; a line that names none is said."""
        lines = [line.strip() for line in self.cleaned_data["products"].splitlines() if line.strip()]
        by_slug = dict(Product.objects.filter(slug__in=lines).values_list("slug", "pk"))
        rest = [line.upper() for line in lines if line not in by_slug]
        owners = Variant.objects.annotate(upper_sku=Upper("sku")).filter(active=True, upper_sku__in=rest)
        by_sku = dict(owners.values_list("upper_sku", "product_id"))
        unknown = [line for line in lines if line not in by_slug and line.upper() not in by_sku]
        if unknown:
            raise forms.ValidationError(
                _now("No product has the SKU or address “%(line)s”.") % {"line": unknown[0][:80]}
            )
        return [by_slug.get(line) or by_sku[line.upper()] for line in lines]


class ShowCollection(_Saved):
    name = "show"
    label = _("Show in the store")

    def is_available(self, actor: Actor, obj: Collection) -> bool:
        return not obj.published

    def explain(self, actor: Actor, obj: Collection) -> list[Any]:
        return [_now("Customers find “%(name)s” in the store from now on.") % {"name": obj}]

    def perform(self, actor: Actor, obj: Collection, data: dict[str, Any], key: str) -> Any:
        return services.show_collection(actor, collection_id=obj.pk, published=True)


class HideCollection(_Saved):
    name = "hide"
    label = _("Take out of the store")

    def is_available(self, actor: Actor, obj: Collection) -> bool:
        return obj.published

    def explain(self, actor: Actor, obj: Collection) -> list[Any]:
        return [_now("Its page answers “not found”; its products stay in the store.")]

    def perform(self, actor: Actor, obj: Collection, data: dict[str, Any], key: str) -> Any:
        return services.show_collection(actor, collection_id=obj.pk, published=False)


class DeleteCollection(Verb):
    name = "delete"
    label = _("Delete")
    permission = "products.arrange"
    dangerous = True

    def explain(self, actor: Actor, obj: Collection) -> list[Any]:
        return [_now("“%(name)s” goes; its products stay as they are.") % {"name": obj}]

    def perform(self, actor: Actor, obj: Collection, data: dict[str, Any], key: str) -> Any:
        return services.delete_collection(actor, collection_id=obj.pk)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:catalog_collection_changelist")
