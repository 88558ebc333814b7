"""Printing labels from a product, a variant, or a list of what has come in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.label_facts import label_facts
from apps.goods.catalog.models import Product, Variant
from apps.goods.inventory.selectors import on_hand_of
from apps.goods.labels.forms import ON_HAND, LabelsForm
from apps.goods.labels.printing import CARE, Item, print_labels
from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.verbs import Verb

MOST_AT_ONCE = 200


def sold_variants(thing: Product | Variant) -> list[Variant]:
    """The variants that are still sold: of a product, or the variant itself."""
    if isinstance(thing, Variant):
        return [thing] if thing.active else []
    rows = Variant.objects.filter(product=thing, active=True).select_related("product")
    return list(rows.order_by("position", "id")[:MOST_AT_ONCE])


def _has_more(product: Product) -> bool:
    return Variant.objects.filter(product=product, active=True)[MOST_AT_ONCE : MOST_AT_ONCE + 1].exists()


class PrintLabels(Verb):
    name = "labels"
    label = _("Print labels")
    permission = "products.read"
    template_name = "labels/print.html"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        if isinstance(obj, Variant):
            return obj.active
        return Variant.objects.filter(product=obj, active=True).exists()

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        if isinstance(obj, Variant) or not _has_more(obj):
            return []
        return [
            _now("The first %(count)s variants are offered; print the others from their own pages.")
            % {"count": MOST_AT_ONCE}
        ]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = LabelsForm(sold_variants(obj), with_pieces=actor.may("stock.read"), **kwargs)
        return self.form

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        pieces = _pieces(actor, form.variants)
        rows = [
            {"variant": variant, "pieces": pieces.get(variant.pk), "field": form[f"copies_{variant.pk}"]}
            for variant in form.variants
        ]
        choices = [field for field in form if not field.name.startswith("copies_")]
        return {"rows": rows, "choices": choices, "with_pieces": actor.may("stock.read")}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        pieces = _pieces(actor, self.form.variants) if data["how_many"] == ON_HAND else None
        # Only who prints composition and care asks for them.
        facts = label_facts(self.form.variants) if data["layout"] == CARE else {}
        items = [
            Item(
                title=variant.product.title,
                detail=variant.title,
                sku=variant.sku,
                price=str(format_amount(variant.price)),
                code=variant.barcode or variant.sku,
                copies=max(0, pieces.get(variant.pk, 0))
                if pieces is not None
                else data[f"copies_{variant.pk}"] or 0,
                facts=facts.get(variant.pk),
            )
            for variant in self.form.variants
        ]
        return print_labels(items, self.form.wish())

    def answer(self, request: HttpRequest, obj: Any, result: Any) -> HttpResponse | None:
        response = HttpResponse(result, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{_now("labels")}.pdf"'
        return response


def _pieces(actor: Actor, variants: list[Variant]) -> dict[Any, int]:
    """What lies in the locations that the actor may see; nothing for who may not see stock."""
    return on_hand_of([variant.pk for variant in variants]) if actor.may("stock.read") else {}
