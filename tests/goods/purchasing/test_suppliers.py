"""Suppliers: what is known of them, who may change it, what they sell."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import ItemDraft, SupplierDraft
from apps.goods.purchasing.models import Supplier, SupplierItem
from apps.kernel import tenancy
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in
from tests.factories.goods import make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Business:
    return make_business()


def test_a_supplier_lives(house: Business) -> None:
    buyer = actor_of(house, "buyer")
    with tenancy.bind(house.pk):
        first = services.add_supplier(
            buyer, draft=SupplierDraft(name="Mill Pottery", currency="EUR"), key="a"
        )
        again = services.add_supplier(
            buyer, draft=SupplierDraft(name="Mill Pottery", currency="EUR"), key="a"
        )
        assert first.pk == again.pk
        assert first.code == "S-0001"
        second = services.add_supplier(buyer, draft=SupplierDraft(name="Weavers", code="wvs"))
        assert second.currency == "GBP"
        with pytest.raises(Conflict):
            services.update_supplier(buyer, supplier_id=first.pk, changes={"code": "WVS"})
        services.update_supplier(
            buyer, supplier_id=first.pk, changes={"name": "Mill & Sons", "lead_days": 21}
        )
        first.refresh_from_db()
        assert (first.name, first.code, first.lead_days) == ("Mill & Sons", "S-0001", 21)
        services.archive_supplier(buyer, supplier_id=first.pk)
        services.archive_supplier(buyer, supplier_id=first.pk)
        assert AuditEntry.objects.filter(action="suppliers.archived").count() == 1
        services.restore_supplier(buyer, supplier_id=first.pk)
        with pytest.raises(PermissionRefused):
            services.archive_supplier(actor_of(house, "cashier"), supplier_id=first.pk)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "two\nlines"},
        {"name": "x", "currency": "EURO"},
        {"name": "x", "minimum_order": Decimal("1.005")},
        {"name": "x", "minimum_order": Decimal("NaN")},
        {"name": "x", "tax_rate": Decimal("1.2")},
        {"name": "x", "lead_days": 4000},
    ],
)
def test_what_cannot_be_meant_is_refused(house: Business, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        services.add_supplier(actor_of(house), draft=SupplierDraft(**wrong))  # type: ignore[arg-type]


def test_the_first_supplier_of_an_item_is_preferred_until_another_takes_it(house: Business) -> None:
    actor = actor_of(house)
    mug, bowl = make_variant(house), make_variant(house, title="Bowl")
    with tenancy.bind(house.pk):
        mill, weavers = (
            services.add_supplier(actor, draft=SupplierDraft(name=name, currency="EUR")) for name in "AB"
        )

        def preferred() -> dict[object, object]:
            return dict(
                SupplierItem.objects.filter(is_preferred=True).values_list("variant_id", "supplier_id")
            )

        both = [ItemDraft(variant_id=row.pk, cost=Decimal("4.2555")) for row in (mug, bowl)]
        services.set_items(actor, supplier_id=mill.pk, items=both)
        services.set_items(actor, supplier_id=weavers.pk, items=both)
        assert preferred() == {mug.pk: mill.pk, bowl.pk: mill.pk}
        wanted = [ItemDraft(variant_id=mug.pk, cost=Decimal(4), is_preferred=True)]
        services.set_items(actor, supplier_id=weavers.pk, items=wanted)
        assert preferred() == {mug.pk: weavers.pk, bowl.pk: mill.pk}
        # Costs set anew do not take the place of the preferred one away.
        services.set_items(actor, supplier_id=mill.pk, items=both)
        assert preferred() == {mug.pk: weavers.pk, bowl.pk: mill.pk}
        with pytest.raises(Conflict):
            services.update_supplier(actor, supplier_id=mill.pk, changes={"currency": "USD"})
        with pytest.raises(InvalidInput):
            services.set_items(
                actor, supplier_id=mill.pk, items=[ItemDraft(variant_id=mug.pk, cost=Decimal("1.00001"))]
            )
        stranger = make_variant(make_business("Elsewhere"))
        with pytest.raises(NotFound):
            services.set_items(
                actor, supplier_id=mill.pk, items=[ItemDraft(variant_id=stranger.pk, cost=Decimal(1))]
            )
        services.remove_items(actor, supplier_id=mill.pk, variant_ids=[mug.pk])
        assert SupplierItem.objects.filter(supplier=mill).count() == 1


def test_items_are_typed_in_one_box_and_every_wrong_line_is_named(client: Client, house: Business) -> None:
    make_variant(house, variant={"sku": "MUG-1", "barcode": "5000000000012"})
    with tenancy.bind(house.pk):
        mill = services.add_supplier(actor_of(house), draft=SupplierDraft(name="Mill", currency="EUR"))
    sign_in(client, owner_of(house), house)
    url = reverse("admin:verb", args=["purchasing", "supplier", mill.pk, "items"])
    page = client.post(url, {"lines": "mug-1, four\nNO-SUCH, 3\nmug-1"})
    assert page.status_code == 400
    text = page.content.decode()
    assert all(f"Line {number}" in text for number in (1, 2, 3))
    assert client.post(url, {"lines": "5000000000012; 4.2550; M-1; 6; 12; 20"}).status_code == 302
    item = SupplierItem.unscoped.get()
    assert (item.cost, item.supplier_sku, item.pack_size, item.minimum_quantity, item.days) == (
        Decimal("4.2550"), "M-1", 6, 12, 20,
    )  # fmt: skip
    assert item.is_preferred
    shown = client.get(reverse("admin:purchasing_supplier_change", args=[mill.pk])).content.decode()
    assert "€4.255" in shown


def test_people_and_the_log(house: Business) -> None:
    actor = actor_of(house)
    with tenancy.bind(house.pk):
        mill = services.add_supplier(actor, draft=SupplierDraft(name="Mill"))
        with pytest.raises(InvalidInput):
            services.add_contact(actor, supplier_id=mill.pk, name="Ines", takes_orders=True)
        ines = services.add_contact(
            actor, supplier_id=mill.pk, name="Ines", email="Ines@Mill.Example", takes_orders=True
        )
        assert ines.email == "ines@mill.example"
        note = services.log_note(actor, supplier_id=mill.pk, text="Late by a week", channel="mail")
        assert note.actor_label == actor.label
        services.remove_contact(actor, supplier_id=mill.pk, contact_id=ines.pk)
        with pytest.raises(NotFound):
            services.remove_contact(actor, supplier_id=mill.pk, contact_id=ines.pk)
        assert not Supplier.objects.get(pk=mill.pk).contacts(manager="objects").exists()
