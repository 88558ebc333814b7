"""Making SKUs and barcodes for variants that have none."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db import IntegrityError
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from apps.goods.catalog.codes import barcode_of, check_pattern, check_prefix, sku_of
from apps.goods.catalog.models import CodeRule, MadeBarcode, Product, Variant
from apps.goods.catalog.services.products import lock_product, refusal_of
from apps.goods.catalog.services.summaries import keep_summary
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.locks import Rank
from apps.kernel.series import next_numbers
from apps.kernel.use_cases import use_case

MOST_TRIES = 50


@use_case(permission="products.arrange", audits="products.codes_ruled")
def set_code_rule(
    actor: Actor, *, sku_pattern: str = "", barcode_kind: str = "", barcode_prefix: str = ""
) -> CodeRule:
    """Say how SKUs and barcodes are made from now on; codes that are there stay. Raises `InvalidInput`."""
    values = {
        "sku_pattern": check_pattern(sku_pattern),
        "barcode_kind": barcode_kind,
        "barcode_prefix": check_prefix(barcode_kind, barcode_prefix),
    }
    rule = locks.lock_one(Rank.ROOT, CodeRule.objects.filter(pk=CodeRule.objects.get_or_create()[0].pk))
    before = {name: getattr(rule, name) for name in values}
    if before == values:
        return rule
    for name, value in values.items():
        setattr(rule, name, value)
    rule.save()
    audit.record(actor, "products.codes_ruled", rule, before=before, after=values)
    return rule


@use_case(permission="products.change", audits="products.codes_made")
def make_codes(actor: Actor, *, product_id: UUID) -> Product:
    """Give each variant that is sold a SKU and a barcode where it has none; what it has stays.

    A code that somebody typed is passed over. Raises `WrongState` without a rule, `Conflict` (`range_used_up`).
    """
    product = lock_product(product_id)
    rule = CodeRule.objects.first()
    if rule is None or not (rule.sku_pattern or rule.barcode_kind):
        raise WrongState(
            _("Nobody has said yet how codes are made."),
            remedy=_("Say it under Variants, How codes are made."),
        )
    variants = list(Variant.objects.filter(product=product, active=True).order_by("position", "pk"))
    bare = [variant for variant in variants if not variant.sku] if rule.sku_pattern else []
    unmarked = [variant for variant in variants if not variant.barcode] if rule.barcode_kind else []
    if not bare and not unmarked:
        return product
    parts = {
        "brand": product.vendor_name,
        "title": product.title,
        "type": product.product_type,
        "category": product.category.name if product.category else "",
    }
    for variant in bare:
        own = {**parts, "option": "".join(variant.option_values)}
        variant.sku = _free("catalog.sku", lambda n, own=own: sku_of(rule.sku_pattern, own, n), _has_sku)  # type: ignore[misc]
    series = f"catalog.{rule.barcode_kind}.{rule.barcode_prefix}"
    for variant in unmarked:
        variant.barcode = _free(
            series, lambda n: barcode_of(rule.barcode_kind, rule.barcode_prefix, n), _has_barcode
        )
    try:
        Variant.objects.bulk_update({*bare, *unmarked}, ["sku", "barcode"])
    except IntegrityError as error:
        raise refusal_of(error, product) or error from error
    MadeBarcode.objects.bulk_create(MadeBarcode(code=variant.barcode) for variant in unmarked)
    keep_summary(product)
    made = {"skus": [variant.sku for variant in bare], "barcodes": [variant.barcode for variant in unmarked]}
    audit.record(actor, "products.codes_made", product, after=made)
    return product


def _free(series: str, make: Callable[[int], str], taken: Callable[[str], bool]) -> str:
    """The next code that nobody has. The series is held until the commit, so no two makers meet."""
    for _try in range(MOST_TRIES):
        code = make(next_numbers(series, 1)[0])
        if not taken(code):
            return code
    raise WrongState(_("The next numbers are all taken by codes that were typed."))


def _has_sku(sku: str) -> bool:
    return bool(Variant.objects.annotate(upper_sku=Upper("sku")).filter(upper_sku=sku.upper()).exists())


def _has_barcode(code: str) -> bool:
    return Variant.objects.filter(barcode=code).exists() or MadeBarcode.objects.filter(code=code).exists()
