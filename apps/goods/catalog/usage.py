"""Which products and variants something refers to, so that they cannot simply go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import PROTECT, ForeignObjectRel, Model

from apps.goods.catalog.models import Product, ProductImage, ProductVersion, Variant

OWN = "catalog"
# What describes a product and goes with it although its rows are protected.
_HISTORY = {ProductVersion, Variant}


def used_variants(variant_ids: Iterable[UUID], *, unless: Sequence[str] = ()) -> set[UUID]:
    """Those of the variants that rows of other apps refer to: sold, received, counted, ordered.

    Asked of every relation that points at variants, so that an app that is written later is not forgotten.
    `unless` names apps whose rows go along with the variant.
    """
    return _used(Variant, list(variant_ids), {OWN, *unless})


def used_products(product_ids: Iterable[UUID], *, unless: Sequence[str] = ()) -> set[UUID]:
    """The same for products, and through their variants."""
    ids = list(product_ids)
    used = _used(Product, ids, {OWN, *unless})
    pairs = dict(Variant.objects.filter(product_id__in=ids).values_list("pk", "product_id"))
    used |= {pairs[variant_id] for variant_id in used_variants(pairs, unless=unless)}
    pictured = ProductImage.objects.filter(product_id__in=ids, media__isnull=False)
    return used | set(pictured.values_list("product_id", flat=True))


def _used(model: type[Model], ids: list[UUID], own: set[str]) -> set[UUID]:
    found: set[UUID] = set()
    # Hidden ones too: most apps above give their relation no name here.
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel):
            continue
        source: Any = relation.related_model
        goes_along = relation.on_delete is not PROTECT or source in _HISTORY
        if not ids or (source._meta.app_label in own and goes_along):
            continue
        name = relation.field.name
        rows = source.objects.filter(**{f"{name}__in": ids}).order_by()
        found |= set(rows.values_list(f"{name}_id", flat=True).distinct())
    return found
