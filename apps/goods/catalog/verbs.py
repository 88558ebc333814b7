"""What staff do with products, variants and categories: each verb calls one service."""

from __future__ import annotations

from itertools import product as combinations
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.catalog import services
from apps.goods.catalog.codes import doubt_of
from apps.goods.catalog.drafts import VariantDraft
from apps.goods.catalog.forms import (
    CategoryForm,
    ChangeCategoryForm,
    EditProductForm,
    EditVariantForm,
    NewProductForm,
    PriceForm,
    StepForm,
    shelf_words,
)
from apps.goods.catalog.models import Category, Product, ProductOption, Variant
from apps.goods.catalog.policies import SEES_COSTS, can_change_product, can_publish_product
from apps.goods.catalog.selectors import list_siblings
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb, list_verb_url, verb_url

MOST_AT_ONCE = 500


class AddProduct(Verb):
    name = "add"
    label = _("Add product")
    permission = "products.change"
    form_class = NewProductForm

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        axes = data.pop("options")
        prices = {name: data.pop(name) for name in ("price", "compare_at_price", "cost")}
        sku = data.pop("sku")
        data["category_id"] = _id(data["category_id"])
        drafts = [
            VariantDraft(option_values=values, sku="-".join([sku, *values]) if sku else "", **prices)
            for values in map(list, combinations(*(values for _name, values in axes)))
        ]
        return services.create_product(
            actor, options=[name for name, _values in axes], variants=drafts, key=key, **data
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("“%(title)s” was added as a draft. Publish it when it is ready.") % {
            "title": result.title
        }

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:catalog_product_change", args=[result.pk])


class EditProduct(Verb):
    name = "edit"
    label = _("Edit")
    permission = "products.change"
    form_class = EditProductForm
    writes_back = True
    submit_label = _("Save product")

    def is_available(self, actor: Actor, obj: Product) -> bool:
        return can_change_product(actor, obj)

    def initial(self, actor: Actor, obj: Product) -> dict[str, Any]:
        names = [name for name in EditProductForm.base_fields if name != "category_id"]
        return {**{name: getattr(obj, name) for name in names}, "category_id": obj.category_id}

    def perform(self, actor: Actor, obj: Product, data: dict[str, Any], key: str) -> Any:
        return services.update_product(
            actor, product_id=obj.pk, **{**data, "category_id": _id(data["category_id"])}
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("“%(title)s” was saved.") % {"title": result.title}


class PublishProduct(Verb):
    name = "publish"
    label = _("Publish")
    permission = "products.publish"

    def is_available(self, actor: Actor, obj: Product) -> bool:
        return not obj.visible and can_publish_product(actor, obj)

    def explain(self, actor: Actor, obj: Product) -> list[Any]:
        return [
            _now("Customers see “%(title)s” in the store from now on and can buy it.") % {"title": obj.title}
        ]

    def perform(self, actor: Actor, obj: Product, data: dict[str, Any], key: str) -> Any:
        return services.publish_product(actor, product_id=obj.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("“%(title)s” is in the store.") % {"title": result.title}


class UnpublishProduct(Verb):
    name = "unpublish"
    label = _("Take out of the store")
    permission = "products.publish"

    def is_available(self, actor: Actor, obj: Product) -> bool:
        return obj.published

    def explain(self, actor: Actor, obj: Product) -> list[Any]:
        return [
            _now("Customers no longer find “%(title)s”; its address answers “not found”.")
            % {"title": obj.title},
            _now("Orders that have it are not touched. You can publish it again at any time."),
        ]

    def perform(self, actor: Actor, obj: Product, data: dict[str, Any], key: str) -> Any:
        return services.unpublish_product(actor, product_id=obj.pk)


class ArchiveProduct(Verb):
    name = "archive"
    label = _("Archive")
    permission = "products.publish"
    dangerous = True

    def is_available(self, actor: Actor, obj: Product) -> bool:
        return obj.status != Product.Status.ARCHIVED

    def explain(self, actor: Actor, obj: Product) -> list[Any]:
        return [
            _now("“%(title)s” leaves the store and the daily lists.") % {"title": obj.title},
            _now("Orders, stock and books keep it. It can be brought back."),
        ]

    def perform(self, actor: Actor, obj: Product, data: dict[str, Any], key: str) -> Any:
        return services.archive_product(actor, product_id=obj.pk)


class RestoreProduct(Verb):
    name = "restore"
    label = _("Bring back")
    permission = "products.publish"

    def is_available(self, actor: Actor, obj: Product) -> bool:
        return obj.status == Product.Status.ARCHIVED

    def explain(self, actor: Actor, obj: Product) -> list[Any]:
        return [
            _now("“%(title)s” becomes a draft again; customers do not see it yet.") % {"title": obj.title}
        ]

    def perform(self, actor: Actor, obj: Product, data: dict[str, Any], key: str) -> Any:
        return services.restore_product(actor, product_id=obj.pk)


class PublishSeveral(Verb):
    name = "publish"
    label = _("Publish several")
    permission = "products.publish"
    submit_label = _("Publish the chosen products")

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        hidden = Product.objects.exclude(status=Product.Status.ARCHIVED).filter(
            published=False, variant_count__gt=0
        )
        rows = hidden.order_by("title", "id").values_list("pk", "title")[:MOST_AT_ONCE]
        form = forms.Form(**kwargs)
        form.fields["product_ids"] = forms.TypedMultipleChoiceField(
            label=_("Products that are not in the store"),
            choices=[(str(pk), title) for pk, title in rows],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose at least one product.")},
        )
        return form

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.publish_products(actor, product_ids=[UUID(value) for value in data["product_ids"]])

    def success(self, obj: Any, result: Any) -> Any:
        count = len(result)
        return ngettext(
            "%(count)s product is in the store.", "%(count)s products are in the store.", count
        ) % {"count": count}


class AddVariant(Verb):
    name = "add-variant"
    label = _("Add variant")
    permission = "products.change"

    def is_available(self, actor: Actor, obj: Product) -> bool:
        # Without options there is nothing that could tell two variants apart.
        return can_change_product(actor, obj) and obj.options.exists()

    def get_form(self, actor: Actor, obj: Product, **kwargs: Any) -> Any:
        form = PriceForm(**kwargs)
        options = ProductOption.objects.filter(product=obj).order_by("position")
        own = {f"option_{o.position}": forms.CharField(label=o.name, max_length=255) for o in options}
        form.fields = {**own, **form.fields}
        return form

    def perform(self, actor: Actor, obj: Product, data: dict[str, Any], key: str) -> Any:
        values = [data.pop(name) for name in sorted(name for name in data if name.startswith("option_"))]
        draft = VariantDraft(option_values=values, **data)
        return services.add_variant(actor, product_id=obj.pk, draft=draft, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(title)s was added.") % {"title": result}


class EditVariant(Verb):
    name = "edit"
    label = _("Edit")
    permission = "products.change"
    writes_back = True
    submit_label = _("Save variant")

    def is_available(self, actor: Actor, obj: Variant) -> bool:
        return obj.active

    def get_form(self, actor: Actor, obj: Variant, **kwargs: Any) -> Any:
        form = EditVariantForm(**kwargs)
        if not actor.may(SEES_COSTS):
            del form.fields["cost"]
        return form

    def initial(self, actor: Actor, obj: Variant) -> dict[str, Any]:
        values = {name: getattr(obj, name) for name in EditVariantForm.base_fields}
        return {**values, **{n: _plain(values[n]) for n in ("price", "compare_at_price", "cost")}}

    def perform(self, actor: Actor, obj: Variant, data: dict[str, Any], key: str) -> Any:
        return services.update_variant(actor, variant_id=obj.pk, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return " ".join(
            filter(None, [_now("%(title)s was saved.") % {"title": result}, doubt_of(result.barcode)])
        )


class RetireVariant(Verb):
    name = "retire"
    label = _("Stop selling")
    permission = "products.change"
    dangerous = True

    def is_available(self, actor: Actor, obj: Variant) -> bool:
        return obj.active

    def explain(self, actor: Actor, obj: Variant) -> list[Any]:
        return [
            _now("“%(title)s” can no longer be bought, and its SKU becomes free.") % {"title": obj},
            _now("Orders and the stock ledger keep it. Adding the same option values brings it back."),
        ]

    def perform(self, actor: Actor, obj: Variant, data: dict[str, Any], key: str) -> Any:
        return services.retire_variant(actor, variant_id=obj.pk)


class AddCategory(Verb):
    name = "add"
    label = _("Add category")
    permission = "products.arrange"
    form_class = CategoryForm

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.create_category(actor, **{**data, "parent_id": _id(data["parent_id"])}, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was added.") % {"name": result.name}


class ChangeCategory(Verb):
    name = "change"
    label = _("Edit")
    permission = "products.arrange"
    form_class = ChangeCategoryForm
    submit_label = _("Save category")
    writes_back = True

    def initial(self, actor: Actor, obj: Category) -> dict[str, Any]:
        return {"name": obj.name, "parent_id": obj.parent_id, "slug": obj.slug, **shelf_words(obj)}

    def perform(self, actor: Actor, obj: Category, data: dict[str, Any], key: str) -> Any:
        return services.change_category(
            actor, category_id=obj.pk, **{**data, "parent_id": _id(data["parent_id"])}
        )


class ArrangeCategories(Verb):
    """The categories beside this one, or those at the top, each with a button for either way."""

    name = "arrange"
    label = _("Change order")
    permission = "products.arrange"
    icon = "swap_vert"
    form_class = StepForm
    template_name = "catalog/siblings.html"

    def heading(self, actor: Actor, obj: Category | None) -> Any:
        above = obj.parent if obj else None
        return _now("Order below “%(name)s”") % {"name": above} if above else _now("Order of the categories")

    def context(self, actor: Actor, obj: Category | None, form: Any) -> dict[str, Any]:
        return {"siblings": list_siblings(obj)}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.move_category(actor, **data["move"], key=key), data["move"]["step"]

    def success(self, obj: Any, result: Any) -> Any:
        return _now("“%(name)s” was moved.") % {"name": result[0]}

    def success_url(self, obj: Any, result: Any) -> str | None:
        moved, step = result
        here = verb_url(obj, self.name) if obj else list_verb_url(Category, self.name)
        # The button that was pressed has the focus again: pressed five times, it has moved five places.
        return f"{here}#{'down' if step > 0 else 'up'}-{moved.pk}"


class DeleteCategory(Verb):
    name = "delete"
    label = _("Delete")
    permission = "products.arrange"
    dangerous = True

    def explain(self, actor: Actor, obj: Category) -> list[Any]:
        return [
            _now("“%(name)s” is taken off the tree. It must have no products and no branches.")
            % {"name": obj}
        ]

    def perform(self, actor: Actor, obj: Category, data: dict[str, Any], key: str) -> Any:
        return services.delete_category(actor, category_id=obj.pk)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:catalog_category_changelist")


def _id(value: Any) -> Any:
    return UUID(str(value)) if value else None


def _plain(amount: Any) -> Any:
    """`12.5000` → `12.50`: two places unless more are used."""
    if amount is None:
        return None
    text = f"{amount:.4f}"
    return text[:-2] if text.endswith("00") else text
