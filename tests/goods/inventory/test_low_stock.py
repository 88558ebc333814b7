"""Low stock: one alert for each fall, gone by itself when stock is back, closed by hand with a reason, and ordered."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from apps.goods.inventory.lines import AdjustLine, Owner, ReserveLine
from apps.goods.inventory.models import StockAlert
from apps.goods.inventory.services import (
    acknowledge_alert,
    propose_adjustment,
    release_stock,
    reserve_stock,
    resolve_alert,
    set_warning_level,
    settle_alerts,
)
from apps.goods.inventory.tasks import watch_low_stock
from apps.goods.purchasing.drafts import ItemDraft, SupplierDraft
from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder
from apps.goods.purchasing.services import add_supplier, set_items
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.ids import new_id
from apps.kernel.models import OutboxEvent
from apps.platform.businesses.models import Business
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_location, make_variant, stock_up

pytestmark = pytest.mark.django_db
PAGE = "/admin/inventory/stockalert/"


@pytest.fixture
def business(db: None) -> Business:
    return make_business(currency="GBP", tax_inclusive=True, tax_rate=Decimal("0.2"))


def states() -> list[str]:
    outbox.drain()
    return list(StockAlert.unscoped.order_by("id").values_list("state", flat=True))


def test_an_alert_opens_once_for_each_fall_and_closes_when_stock_is_back(business: Business) -> None:
    actor = Actor.system("test", business.pk)
    mug = make_variant(business, title="Mug", stock=8)

    def promise(quantity: int) -> Owner:
        owner = Owner("order", new_id())
        reserve_stock(actor, owner=owner, lines=[ReserveLine(new_id(), mug.pk, quantity)])
        return owner

    first = promise(3)
    assert states() == ["open"]
    alert = StockAlert.unscoped.get()
    assert (alert.available, alert.threshold) == (5, 5)
    promise(1)
    assert states() == ["open"], "lower still is the same fall"
    assert OutboxEvent.objects.filter(name="inventory.stock_low").count() == 1
    acknowledge_alert(actor, alert_id=alert.pk, note="Ordered by phone")
    release_stock(actor, owner=first)
    assert states() == ["resolved"], "stock is back: it closes by itself"
    promise(2)
    assert states() == ["resolved", "open"]
    assert OutboxEvent.objects.filter(name="inventory.stock_low").count() == 2

    second = StockAlert.unscoped.get(state="open")
    with pytest.raises(InvalidInput):
        resolve_alert(actor, alert_id=second.pk, reason=" ")
    resolve_alert(actor, alert_id=second.pk, reason="Goes out of the range")
    with pytest.raises(WrongState):
        resolve_alert(actor, alert_id=second.pk, reason="Again")
    watch_low_stock()
    assert states() == ["resolved", "resolved"], "closed by hand: the clock does not open it again"
    stock_up(business, [mug.pk], 10)
    assert states() == ["resolved", "resolved"]
    propose_adjustment(actor, lines=[AdjustLine(mug.pk, delta=-12)])
    assert states() == ["resolved", "resolved", "open"]

    set_warning_level(actor, variant_id=mug.pk, threshold=1)
    assert states()[-1] == "resolved", "a lower warning level says that this is enough"
    with tenancy.bind(business.pk):
        depot = make_location(business, name="Depot", code="DEP")
    stock_up(business, [mug.pk], 2, location_id=depot.pk)
    StockAlert.unscoped.all().delete()
    assert watch_low_stock() == 1, "what no event told the clock finds"
    assert settle_alerts(actor) == (0, 0)
    depot.active = False
    depot.save()
    assert watch_low_stock() == 1
    assert states() == ["resolved"]


def test_the_page_shows_what_is_low_and_drafts_orders_at_its_suppliers(
    business: Business, client: Client
) -> None:
    actor = Actor.system("test", business.pk)
    mug = make_variant(business, title="Mug", stock=3, variant={"sku": "MUG"})
    bowl = make_variant(business, title="Bowl", stock=2, variant={"sku": "BOWL"})
    supplier = add_supplier(actor, draft=SupplierDraft(name="Clayworks", currency="GBP"))
    items = [ItemDraft(variant_id=mug.pk, cost=Decimal("4.00"), pack_size=6)]
    set_items(actor, supplier_id=supplier.pk, items=items)
    watch_low_stock()
    staff = sign_in(client, owner_of(business), business)
    page = staff.get(PAGE).content.decode()
    assert page.count("Clayworks") == 1
    assert "Bowl" in page
    reply = staff.post(PAGE + "do/draft-orders/", {"idempotency_key": "k1"}, follow=True)
    assert "1 item is left" in reply.content.decode()
    staff.post(PAGE + "do/draft-orders/", {"idempotency_key": "k1"})
    order = PurchaseOrder.unscoped.get()
    (line,) = PurchaseLine.unscoped.all()
    # Up to twice the warning level: 10 - 3 = 7 wanted, in packs of six.
    assert (line.variant_id, line.quantity, order.supplier_id) == (mug.pk, 12, supplier.pk)
    cared = StockAlert.unscoped.get(state="acknowledged")
    assert (cared.variant_id, "Clayworks" in cared.note) == (mug.pk, True)
    assert StockAlert.unscoped.get(state="open").variant_id == bowl.pk
    url = f"{PAGE}{StockAlert.unscoped.get(state='open').pk}/"
    assert staff.post(url + "do/resolve/", {"reason": "No longer made"}).status_code == 302
    assert "No longer made" in staff.get(url).content.decode()
