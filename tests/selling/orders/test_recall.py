"""A lot from the supplier's receipt to the buyer and back: who has it, who is told, and that nothing more leaves."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import LotDraft, LotPick
from apps.goods.inventory.models import Lot, LotBalance
from apps.goods.inventory.selectors import list_across_broken_lots
from apps.goods.inventory.services import choose_tracking
from apps.goods.inventory.tasks import watch_expiry
from apps.goods.purchasing import services as purchasing
from apps.goods.purchasing.drafts import ArrivalDraft
from apps.kernel import clock, outbox, tenancy
from apps.kernel.models import AuditEntry
from apps.platform.alerts.models import Alert
from apps.platform.businesses.models import Business
from apps.selling.orders.drafts import Contact, RefundLine
from apps.selling.orders.services import fulfil_order, refund_order
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, ship, system_of
from tests.goods.purchasing.world import lines_of as lines_bought
from tests.goods.purchasing.world import make_supplier, sent_order

pytestmark = pytest.mark.django_db
BO = Contact(email="bo@example.com", name="Bo Lind", phone="+44 20 7946 0001")


def test_whom_a_lot_reached_is_found_and_no_more_of_it_leaves() -> None:
    business = make_business(currency="GBP")
    cream = make_variant(business, title="Cream", price="9.00", cost="2.00")
    boss = actor_of(business)
    choose_tracking(boss, variant_id=cream.pk, mode="expiry")
    _receive(business, cream)
    ada = make_order(business, lines=[(cream, 2)], paid=True)
    bo = make_order(business, lines=[(cream, 3)], paid=True, contact=BO)
    late = make_order(business, lines=[(cream, 1)], paid=True)
    ship(ada)
    (line,) = lines_of(bo)
    picks = {line.pk: [LotPick(1, code="B-2"), LotPick(2, code="A-1")]}
    fulfil_order(system_of(business), order_id=bo.pk, lots=picks)
    refund_order(system_of(business), order_id=bo.pk, lines=[RefundLine(line.pk, 1, sent=True)], restock=True)
    with tenancy.bind(business.pk):
        lot = Lot.objects.get(code="A-1")
        assert (lot.supplier, LotBalance.objects.get(lot=lot).on_hand) == ("Kiln & Clay", 4)

    client = sign_in(Client(), owner_of(business), business)
    page = client.get(reverse("admin:inventory_lot_change", args=[lot.pk])).content.decode()
    for words in (ada.number, bo.number, "bo@example.com", "Kiln &amp; Clay", "GR-00001"):
        assert words in page
    recall = reverse("admin:verb", args=["inventory", "lot", lot.pk, "recall"])
    assert client.post(recall, {"reason": "Glass in it", "idempotency_key": "r1"}).status_code == 302
    answer = client.get(reverse("admin:stock_lot_customers", args=[lot.pk]))
    rows = list(csv.reader(io.StringIO(answer.content.decode().lstrip("\ufeff"))))
    assert [(row[1], row[2], *row[5:]) for row in rows[1:]] == [
        ("Ada Obi", "ada@example.com", "2", "0", "2"),
        ("Ada Obi", "bo@example.com", "2", "0", "2"),
    ]

    with tenancy.bind(business.pk):
        assert LotBalance.objects.get(lot=lot).withheld == 4
        ship(late)
        assert LotBalance.objects.get(lot__code="B-2").on_hand == 9
        assert AuditEntry.objects.filter(action="stock.lot_recalled", reason="Glass in it").exists()
    keeper = make_member(business, "stock_keeper")
    refused = sign_in(Client(), keeper, business).get(reverse("admin:stock_lot_customers", args=[lot.pk]))
    assert refused.status_code == 403
    outbox.drain()
    with tenancy.bind(business.pk):
        assert Alert.objects.filter(kind="lot_recalled").exists()
    assert list_across_broken_lots() == []

    with clock.travel(dt.timedelta(days=61)):
        watch_expiry()
        watch_expiry()
        with tenancy.bind(business.pk):
            told = Alert.objects.filter(kind="lot_expiring", user=owner_of(business))
            assert [alert.link for alert in told] == [
                f"/admin/inventory/lot/{Lot.objects.get(code='B-2').pk}/"
            ]


def _receive(business: Business, cream: Variant) -> None:
    supplier = make_supplier(business, name="Kiln & Clay")
    order = sent_order(business, [(cream, 18, "2.00")], supplier)
    (line,) = lines_bought(order)
    lots = [
        LotDraft("a-1", 8, clock.today() + dt.timedelta(days=50)),
        LotDraft("B-2", 10, clock.today() + dt.timedelta(days=90)),
    ]
    purchasing.receive_goods(
        system_of(business),
        order_id=order.pk,
        lines=[ArrivalDraft(line_id=line.pk, accepted=18, lots=lots)],
    )
