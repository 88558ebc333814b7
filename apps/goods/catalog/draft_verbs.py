"""What staff do with drafts and versions of products: each verb calls one service."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog import services
from apps.goods.catalog.certificate_forms import LicensedForm
from apps.goods.catalog.contents import PRICES
from apps.goods.catalog.forms import AmountField, EditProductForm
from apps.goods.catalog.models import LicensedTrade, Product, ProductDraft, ProductVersion, Variant
from apps.goods.catalog.policies import can_change_product
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb

MOST_PRICED = 60


def draft_url(draft: ProductDraft) -> str:
    """The draft's page."""
    return reverse("admin:catalog_productdraft_change", args=[draft.pk])


class BeginDraft(Verb):
    name = "draft"
    label = _("Prepare a change")
    permission = "products.change"
    submit_label = _("Begin a draft")

    def is_available(self, actor: Actor, obj: Product) -> bool:
        return obj.published and can_change_product(actor, obj)

    def explain(self, actor: Actor, obj: Product) -> list[Any]:
        return [
            _now("You write beside the shop: customers see “%(title)s” as it is until you publish.")
            % {"title": obj.title},
            _now("Look at a preview, publish at once or at a time, or throw it away."),
        ]

    def perform(self, actor: Actor, obj: Product, data: dict[str, Any], key: str) -> Any:
        return services.begin_draft(actor, product_id=obj.pk, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The draft is begun. Write what shall change.")

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:verb", args=["catalog", "productdraft", result.pk, "write"])


class RestoreVersion(Verb):
    name = "restore"
    label = _("Restore as a draft")
    permission = "products.change"

    def explain(self, actor: Actor, obj: ProductVersion) -> list[Any]:
        return [_now("A draft with what the product said then is begun. The store is not touched yet.")]

    def perform(self, actor: Actor, obj: ProductVersion, data: dict[str, Any], key: str) -> Any:
        return services.begin_draft(actor, product_id=obj.product_id, version_id=obj.pk, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The draft is there. Compare it, then publish.")

    def success_url(self, obj: Any, result: Any) -> str | None:
        return draft_url(result)


class OpenDraftVerb(Verb):
    """A verb of a draft that is neither published nor discarded."""

    def is_available(self, actor: Actor, obj: ProductDraft) -> bool:
        return obj.is_open


class WriteDraft(OpenDraftVerb):
    name = "write"
    label = _("Write")
    permission = "products.change"
    submit_label = _("Save draft")
    writes_back = True

    def get_form(self, actor: Actor, obj: ProductDraft, **kwargs: Any) -> Any:
        form: forms.Form = EditProductForm(**kwargs)
        del form.fields["slug"]
        if LicensedTrade.objects.filter(is_on=True).exists():
            form.fields |= LicensedForm(product=obj.product).fields
        if actor.may("products.price"):
            for variant in self._priced(obj):
                name = variant.title or _now("Price")
                form.fields[f"price_{variant.pk}"] = AmountField(
                    label=_now("Price: %(name)s") % {"name": name}
                )
                form.fields[f"was_{variant.pk}"] = AmountField(
                    label=_now("Price before: %(name)s") % {"name": name}, required=False
                )
        return form

    def _priced(self, obj: ProductDraft) -> list[Variant]:
        rows = Variant.objects.filter(product=obj.product_id, active=True).order_by("position", "pk")
        return [row for row in rows[:MOST_PRICED] if str(row.pk) in obj.content[PRICES]]

    def initial(self, actor: Actor, obj: ProductDraft) -> dict[str, Any]:
        prices = {f"price_{key}": said["price"] for key, said in obj.content[PRICES].items()}
        before = {f"was_{key}": said["compare_at_price"] for key, said in obj.content[PRICES].items()}
        return {**obj.content, **prices, **before}

    def perform(self, actor: Actor, obj: ProductDraft, data: dict[str, Any], key: str) -> Any:
        prices: dict[str, dict[str, Decimal | None]] = {}
        for name in [name for name in data if name.startswith(("price_", "was_"))]:
            field, _under, variant = name.partition("_")
            told = "price" if field == "price" else "compare_at_price"
            prices.setdefault(variant, {})[told] = data.pop(name)
        if data.get("category_id"):
            data["category_id"] = UUID(str(data["category_id"]))
        return services.change_draft(actor, draft_id=obj.pk, prices=prices, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The draft is saved. The store shows nothing of it yet.")


class PublishDraft(OpenDraftVerb):
    name = "publish"
    label = _("Publish now")
    permission = "products.publish"

    def explain(self, actor: Actor, obj: ProductDraft) -> list[Any]:
        return [_now("The store shows what the draft says from now on. The version before is kept.")]

    def get_form(self, actor: Actor, obj: ProductDraft, **kwargs: Any) -> Any:
        form = forms.Form(**kwargs)
        form.fields["anyway"] = forms.BooleanField(
            label=_("Also where somebody changed the same meanwhile"),
            required=False,
            help_text=_("Yours then takes the place of theirs; theirs stays in the versions."),
        )
        return form

    def perform(self, actor: Actor, obj: ProductDraft, data: dict[str, Any], key: str) -> Any:
        return services.publish_draft(actor, draft_id=obj.pk, anyway=data["anyway"])

    def success(self, obj: Any, result: Any) -> Any:
        return _now("“%(title)s” is changed in the store.") % {"title": obj.product}


class ScheduleForm(forms.Form):
    publish_at = forms.DateTimeField(
        label=_("Publish at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In your business's time zone. Empty: not by the clock."),
    )


class ScheduleDraft(OpenDraftVerb):
    name = "schedule"
    label = _("Publish at a time")
    permission = "products.publish"
    form_class = ScheduleForm
    submit_label = _("Save time")
    writes_back = True

    def initial(self, actor: Actor, obj: ProductDraft) -> dict[str, Any]:
        return {"publish_at": obj.publish_at}

    def perform(self, actor: Actor, obj: ProductDraft, data: dict[str, Any], key: str) -> Any:
        return services.schedule_draft(actor, draft_id=obj.pk, publish_at=data["publish_at"])

    def success(self, obj: Any, result: Any) -> Any:
        return _now("It will be published by itself.") if result.publish_at else _now("It waits for you.")


class DiscardDraft(OpenDraftVerb):
    name = "discard"
    label = _("Discard")
    permission = "products.change"
    dangerous = True

    def explain(self, actor: Actor, obj: ProductDraft) -> list[Any]:
        return [_now("What was written is thrown away and its preview ends. The store stays as it is.")]

    def perform(self, actor: Actor, obj: ProductDraft, data: dict[str, Any], key: str) -> Any:
        return services.discard_draft(actor, draft_id=obj.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The draft is discarded.")


__all__ = ["BeginDraft", "DiscardDraft", "PublishDraft", "RestoreVersion", "ScheduleDraft", "WriteDraft"]
