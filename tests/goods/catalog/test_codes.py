"""SKUs by a pattern, barcodes by a range: the next one each, never one twice."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from stdnum import ean

from apps.goods.catalog import selectors, services
from apps.goods.catalog.codes import barcode_of, check_pattern, check_prefix, sku_of
from apps.goods.catalog.models import MadeBarcode, Product, Variant
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, WrongState
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from tests.factories.goods import make_product

pytestmark = pytest.mark.django_db


def test_patterns_and_check_digits() -> None:
    parts = {"brand": "Café Loom", "option": "Größe S", "title": ""}
    assert sku_of("{brand:6}-{seq:5}", parts, 17) == "CAFELO-00017"
    assert sku_of("{title:3}-{brand:2}/{option:4}-{seq:3}", parts, 1234) == "CA/GROS-1234"
    # The examples of GS1's own manual.
    assert barcode_of("ean13", "62910415", 21) == "6291041500213"
    assert barcode_of("ean8", "9638", 507) == "96385074"
    with pytest.raises(Conflict):
        barcode_of("ean8", "96385", 100)
    assert check_pattern("  ") == ""
    for bad in (
        "ABC",
        "{seq:5}{seq:5}",
        "{seq:2}",
        "{brand:0}-{seq:5}",
        "{colour:3}-{seq:5}",
        "<{seq:5}>",
        "{seq}",
    ):
        with pytest.raises(InvalidInput):
            check_pattern(bad)
    for kind, prefix in (
        ("ean13", ""),
        ("ean13", "12345678901"),
        ("ean8", "123456"),
        ("ean13", "2x"),
        ("upc", "1"),
    ):
        with pytest.raises(InvalidInput):
            check_prefix(kind, prefix)


def test_codes_are_made_once_and_typed_ones_are_passed_over(
    business: Business, bound: Business, actor: Actor
) -> None:
    typed = barcode_of("ean13", "20", 2)
    make_product(business, title="Typed", variant={"sku": "loo-00002", "barcode": typed})
    shirt = make_product(business, title="Shirt", vendor_name="Loom", option="Size", values=["S", "M", "L"])
    with pytest.raises(WrongState):
        services.make_codes(actor, product_id=shirt.pk)
    services.set_code_rule(actor, sku_pattern="{brand:3}-{seq:5}", barcode_kind="ean13", barcode_prefix="20")
    services.make_codes(actor, product_id=shirt.pk)
    made = list(Variant.objects.filter(product=shirt).order_by("position").values_list("sku", "barcode"))
    assert [sku for sku, _code in made] == ["LOO-00001", "LOO-00003", "LOO-00004"]
    assert [code for _sku, code in made] == [barcode_of("ean13", "20", n) for n in (1, 3, 4)]
    assert all(ean.is_valid(code) for _sku, code in made)
    assert selectors.list_published(term="loo-00003").get() == Product.objects.get(pk=shirt.pk)
    before = AuditEntry.objects.count()
    services.make_codes(actor, product_id=shirt.pk)
    assert AuditEntry.objects.count() == before
    # A code that was given comes never again, not even when its variant lost it.
    services.update_variant(actor, variant_id=Variant.objects.filter(product=shirt)[0].pk, barcode="")
    with pytest.raises(IntegrityError), transaction.atomic():
        MadeBarcode.objects.create(code=made[0][1])
    services.make_codes(actor, product_id=shirt.pk)
    assert barcode_of("ean13", "20", 5) in Variant.objects.values_list("barcode", flat=True)
