"""Comments on every main record, and colleagues named in them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.kernel import tenancy
from apps.kernel.models import AuditEntry
from apps.platform.alerts.models import Alert
from apps.platform.businesses.models import Business
from apps.platform.media.attachables import _joined
from apps.platform.media.mentions import mentioned_ids, page_of
from apps.platform.media.services import write_comment
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.orders import make_order

pytestmark = pytest.mark.django_db
MAIN_RECORDS = {
    "orders.order",
    "catalog.product",
    "customers.customer",
    "invoicing.document",
    "imports.importjob",
    "catalog.brand",
    "garments.garment",
    "inventory.adjustment",
    "inventory.lot",
    "purchasing.supplier",
    "purchasing.purchaseorder",
    "purchasing.goodsreceipt",
    "warehouse.transfer",
    "warehouse.stockcount",
}


@pytest.fixture
def shop() -> Business:
    return make_business()


def colleague(shop: Business, role: str, name: str) -> Any:
    person = make_member(shop, role)
    person.display_name = name
    person.save(update_fields=["display_name"])
    return person


def told(person: Any) -> list[Alert]:
    return list(Alert.unscoped.filter(user_id=person.pk, kind="mentioned"))


def test_every_main_record_carries_files_and_comments(shop: Business) -> None:
    Client().get("/admin/login/")
    assert set(_joined) >= MAIN_RECORDS
    for kind in MAIN_RECORDS:
        assert page_of(kind, uuid4()).startswith(f"/admin/{kind.replace('.', '/')}/")


def test_a_colleague_is_told_at_the_bell_once_and_the_writer_is_not(shop: Business) -> None:
    grace = colleague(shop, "manager", "Grace Hopper")
    colleague(shop, "manager", "Alan Turing")
    order = make_order(shop)
    boss = actor_of(shop)
    owner = owner_of(shop)
    text = f"@grace hopper please call. @{owner.name} knows."
    for _twice in "ab":
        write_comment(boss, target_type="orders.order", target_id=order.pk, text=text, key="k")
    alert = told(grace)[0]
    assert len(told(grace)) == 1
    assert "mentions you" in alert.title
    assert order.number in alert.title
    assert alert.link == f"/admin/orders/order/{order.pk}/"
    assert Alert.unscoped.filter(kind="mentioned").count() == 1


def test_who_may_not_read_the_record_is_not_told(shop: Business) -> None:
    keeper = colleague(shop, "stock_keeper", "Kim Keeper")
    order = make_order(shop)
    shop_actor = actor_of(shop)
    with tenancy.bind(shop.pk):
        customer = order.customer
    assert customer is not None
    write_comment(shop_actor, target_type="customers.customer", target_id=customer.pk, text="@Kim see this")
    assert told(keeper) == []
    assert AuditEntry.objects.filter(chain=shop.pk, action="media.comment_written").count() == 1


def test_nobody_of_another_business_is_told(shop: Business) -> None:
    other = make_business("Elsewhere")
    stranger = colleague(other, "manager", "Zoe Zebra")
    order = make_order(shop)
    write_comment(actor_of(shop), target_type="orders.order", target_id=order.pk, text="@Zoe Zebra hello")
    assert told(stranger) == []


def test_names_are_whole_words_and_a_first_name_must_be_clear() -> None:
    ann, ann_b, bob = uuid4(), uuid4(), uuid4()
    people = [(ann, "Ann Lee"), (ann_b, "Ann Berg"), (bob, "Bob")]
    assert mentioned_ids("@ann lee and mail bob@example.com", people) == {ann}
    assert mentioned_ids("@Ann and @Bobby", people) == set()
    assert mentioned_ids("see @Bob, @ANN BERG!", people) == {bob, ann_b}
    assert mentioned_ids("(@bob)", [*people, (uuid4(), "")]) == {bob}


def test_the_panel_offers_colleagues_by_name(shop: Business) -> None:
    colleague(shop, "manager", "Grace <b>Hopper</b>")
    order = make_order(shop)
    client = sign_in(Client(), owner_of(shop), shop)
    piece = client.get(f"/admin/media/of/orders.order/{order.pk}/", headers={"HX-Request": "true"})
    assert 'data-mention="@Grace &lt;b&gt;Hopper&lt;/b&gt;"' in piece.content.decode()
