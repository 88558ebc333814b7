"""Receipts to the cent: landed costs, parts, tolerance, foreign money, and two receivers at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.goods.inventory.models import StockBalance, StockMovement
from apps.goods.inventory.selectors import list_across_broken_balances
from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import ArrivalDraft
from apps.goods.purchasing.landing import Arrived, Charge, land
from apps.goods.purchasing.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseLine,
    PurchaseOrder,
    Supplier,
)
from apps.goods.purchasing.selectors import incoming
from apps.goods.purchasing.services import receiving
from apps.kernel import locks, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, DomainError, InvalidInput, PermissionRefused, WrongState
from apps.money.ledger.models import JournalEntry
from apps.money.ledger.verification import verify_books
from apps.platform.businesses.models import Business, Location
from tests.factories.businesses import actor_of, make_business, make_member, sign_in
from tests.factories.goods import make_product, make_variant, variants_of
from tests.goods.inventory.crowd import at_once
from tests.goods.purchasing.world import lines_of, make_supplier, sent_order, tolerate, write_order
from tests.owner import owners_rights

D = Decimal


def came(line: PurchaseLine, accepted: int = 0, rejected: int = 0, reason: str = "damaged") -> ArrivalDraft:
    return ArrivalDraft(
        line_id=line.pk, accepted=accepted, rejected=rejected, reason=reason if rejected else ""
    )


def receive(
    order: PurchaseOrder, *arrivals: ArrivalDraft, actor: Actor | None = None, **more: Any
) -> GoodsReceipt:
    actor = actor or Actor.system("tests", order.business_id)
    return services.receive_goods(actor, order_id=order.pk, lines=list(arrivals), **more)


def posted(receipt: GoodsReceipt) -> dict[str, D]:
    """The journal entry of a receipt: debit less credit by account."""
    entry = JournalEntry.objects.get(owner_type="goods_receipt", owner_id=receipt.pk)
    return {
        line.account.system_key: line.debit - line.credit for line in entry.lines.select_related("account")
    }


@pytest.mark.django_db
def test_eighty_of_a_hundred_with_freight_cost_4625_each() -> None:
    """Story S6 up to the receipt."""
    business = make_business(currency="NGN", country="NG")
    buyer = actor_of(business, "buyer")
    with tenancy.bind(business.pk):
        lamp = make_variant(business, title="Lamp")
        order = sent_order(business, [(lamp, 100, "4000")])
        assert incoming([lamp.pk]) == {lamp.pk: 100}
        (line,) = lines_of(order)
        freight = [Charge("freight", D(50_000), "value")]
        receipt = receive(order, came(line, 80), actor=buyer, charges=freight, key="80")
        again = receive(order, came(line, 80), actor=buyer, charges=freight, key="80")
        assert receipt.pk == again.pk
        assert (receipt.goods_value, receipt.charges_value, receipt.value) == (
            D(320_000),
            D(50_000),
            D(370_000),
        )
        assert GoodsReceiptLine.objects.get().unit_cost == D(4_625)
        balance = StockBalance.objects.get(variant=lamp)
        assert (balance.on_hand, balance.value) == (80, D(370_000))
        order.refresh_from_db()
        assert order.state == "part_received"
        assert incoming([lamp.pk]) == {lamp.pk: 20}
        outbox.drain()
        assert posted(receipt) == {"inventory": D(370_000), "grni": D(-370_000)}
        assert verify_books().is_right
        services.close_order(buyer, order_id=order.pk, reason="The rest is not made any more")
        assert incoming([lamp.pk]) == {}
        with pytest.raises(WrongState):
            receive(order, came(line, 20))


@pytest.mark.django_db
def test_parts_of_a_foreign_order_sum_to_the_whole_to_the_cent() -> None:
    business = make_business()
    with tenancy.bind(business.pk):
        mug = make_variant(business)
        mill = make_supplier(business, currency="EUR")
        # 7 × 1.2345 € × 0.86337 = 7.46083… pounds; a seventh of it is 1.0658…
        order = sent_order(business, [(mug, 7, "1.2345")], mill, rate=D("0.86337"))
        assert order.base_total == D("7.46")
        (line,) = lines_of(order)
        values = [receive(order, came(line, pieces)).value for pieces in (1, 1, 2, 3)]
        # Rounded sums 1.07, 2.13, 4.26, 7.46: each part is the difference.
        assert values == [D("1.07"), D("1.06"), D("2.13"), D("3.20")]
        assert StockBalance.objects.get().value == D("7.46")
        order.refresh_from_db()
        assert order.state == "received"
        assert order.received_at is not None


@pytest.mark.django_db
def test_charges_are_spread_by_value_quantity_and_weight_and_lose_no_cent() -> None:
    business = make_business()
    with tenancy.bind(business.pk):
        heavy = make_variant(business, title="Pot", variant={"weight_grams": 2000})
        light = make_variant(business, title="Cup", variant={"weight_grams": 300})
        thin = make_variant(business, title="Lid", variant={"weight_grams": 100})
        order = sent_order(business, [(heavy, 3, "10"), (light, 10, "2.50"), (thin, 7, "0.10")])
        first, second, third = lines_of(order)
        charges = [
            Charge("freight", D("10.00"), "weight"),
            Charge("duty", D("7.77"), "value"),
            Charge("insurance", D("0.05"), "quantity"),
        ]
        receipt = receive(order, came(first, 3), came(second, 9, 1), came(third, 7), charges=charges)
        found = {row.variant_id: row for row in GoodsReceiptLine.objects.all()}
        # By weight 6000 : 2700 : 700 of 9400 g  → 6.3830, 2.8723, 0.7447 → 6.38, 2.87, 0.75
        # By value 30 : 22.50 : 0.70 of 53.20    → 4.3816, 3.2862, 0.1022 → 4.38, 3.29, 0.10
        # By quantity 3 : 9 : 7 of 19             → 0.0079, 0.0237, 0.0184 → 0.01, 0.02, 0.02
        assert [found[v.pk].charges_value for v in (heavy, light, thin)] == [D("10.77"), D("6.18"), D("0.87")]
        assert [found[v.pk].value for v in (heavy, light, thin)] == [D("40.77"), D("28.68"), D("1.57")]
        assert receipt.charges_value == D("17.82")
        assert sum(row.value for row in StockBalance.objects.all()) == receipt.value == D("71.02")
        assert (found[light.pk].rejected, found[light.pk].reject_reason) == (1, "damaged")
        movement = StockMovement.objects.get(variant=light)
        assert (movement.on_hand_delta, movement.value_delta, movement.unit_cost) == (
            9,
            D("28.68"),
            D("3.1867"),
        )
        assert (movement.reference_type, movement.reference_id) == ("goods_receipt", receipt.pk)
        # Rejected pieces are still expected: they will be replaced, or the order is closed without them.
        assert incoming([light.pk]) == {light.pk: 1}
        outbox.drain()
        assert posted(receipt) == {"inventory": D("71.02"), "grni": D("-71.02")}
        assert verify_books().is_right


def test_ten_thousand_pieces_keep_their_exact_value() -> None:
    """Four places of a unit cost cannot say 3,333.33 for 10,000 pieces; the line's value does."""
    lines = [Arrived("Bead", 0, 10_000, D("0.0333"), 0)]
    (landed,) = land(lines, [Charge("freight", D("3000.33"), "quantity")], rate=D(1), currency="GBP")
    assert (landed.goods, landed.charges, landed.value) == (D("333.00"), D("3000.33"), D("3333.33"))
    yen = land(
        [Arrived("A", 0, 1, D(100), 0), Arrived("B", 0, 2, D(100), 0)],
        [Charge("freight", D(100), "value")], rate=D("1.5"), currency="JPY",
    )  # fmt: skip
    assert [(part.goods, part.charges) for part in yen] == [(D(150), D(33)), (D(300), D(67))]


@pytest.mark.django_db
def test_tolerance_and_what_cannot_be_received() -> None:
    business = make_business()
    tolerate(business, "5")
    with tenancy.bind(business.pk):
        mug = make_variant(business)
        draft = write_order(business, make_supplier(business), [(mug, 50, "4")])
        with pytest.raises(WrongState):
            receive(draft, came(lines_of(draft)[0], 1))
        order = sent_order(business, [(mug, 50, "4")], Supplier.objects.get())
        (line,) = lines_of(order)
        with pytest.raises(Conflict) as refused:
            receive(order, came(line, 53))
        assert (refused.value.code, refused.value.context["acceptable"]) == ("over_received", 52)
        receive(order, came(line, 50))
        # Two more within 5 % come later, and not one more.
        receive(order, came(line, 2))
        with pytest.raises(Conflict):
            receive(order, came(line, 1))
        assert StockBalance.objects.get().value == D(208)
        other = sent_order(business, [(mug, 5, "4")], Supplier.objects.get())
        (open_line,) = lines_of(other)
        wrong: list[tuple[list[ArrivalDraft], dict[str, Any], type[DomainError]]] = [
            ([], {}, InvalidInput),
            ([came(open_line, -1)], {}, InvalidInput),
            ([came(open_line, 0, 1, reason="moon")], {}, InvalidInput),
            ([came(open_line, 1), came(open_line, 1)], {}, InvalidInput),
            ([came(line, 1)], {}, DomainError),
            ([came(open_line, 0, 1)], {"charges": [Charge("freight", D(1), "value")]}, InvalidInput),
            ([came(open_line, 1)], {"charges": [Charge("freight", D(1), "weight")]}, InvalidInput),
            ([came(open_line, 1)], {"charges": [Charge("freight", D("0.001"), "value")]}, InvalidInput),
            ([came(open_line, 1)], {"charges": [Charge("freight", D(-1), "value")]}, InvalidInput),
        ]
        for lines, more, error in wrong:
            with pytest.raises(error):
                receive(other, *lines, **more)
        with pytest.raises(PermissionRefused):
            receive(other, came(open_line, 1), actor=actor_of(business, "accountant"))
        assert GoodsReceipt.objects.count() == 2
        assert list_across_broken_balances() == []


@pytest.mark.django_db
def test_a_delivery_is_received_and_labelled_by_pages(client: Client) -> None:
    business = make_business()
    with tenancy.bind(business.pk):
        mug = make_variant(business, variant={"sku": "MUG-1"})
        order = sent_order(business, [(mug, 12, "4")])
        (line,) = lines_of(order)
        place = Location.objects.get()
    sign_in(client, make_member(business, "buyer"), business)
    item = reverse("admin:catalog_variant_change", args=[mug.pk])
    assert "On the way" in client.get(item).content.decode()
    url = reverse("admin:verb", args=["purchasing", "purchaseorder", order.pk, "receive"])
    assert "Still expected" in client.get(url).content.decode()
    typed = {f"accepted_{line.pk}": "13", "location_id": str(place.pk), "idempotency_key": "one"}
    refused = client.post(url, typed)
    assert refused.status_code == 409
    assert "only 12 more can be accepted" in refused.content.decode()
    typed |= {
        f"accepted_{line.pk}": "10", f"rejected_{line.pk}": "2", f"reason_{line.pk}": "quality",
        "charge_freight": "5", "basis_freight": "quantity", "charge_duty": "0.01", "delivery_note": "LS 9",
    }  # fmt: skip
    twice = [client.post(url, typed), client.post(url, typed)]
    assert twice[0].status_code == twice[1].status_code == 302
    receipt = GoodsReceipt.unscoped.get()
    assert (receipt.value, receipt.delivery_note) == (D("45.01"), "LS 9")
    shown = client.get(twice[0]["Location"]).content.decode()
    assert "Poor quality" in shown
    assert "£4.501" in shown
    assert "On the way" in client.get(item).content.decode()  # two were rejected and are still expected
    with tenancy.bind(business.pk):
        services.close_order(actor_of(business), order_id=order.pk)
    assert "On the way" not in client.get(item).content.decode()
    labels = reverse("admin:verb", args=["purchasing", "goodsreceipt", receipt.pk, "labels"])
    form = client.get(labels).content.decode()
    assert f'name="copies_{mug.pk}" value="10"' in form
    paper = {
        "paper": "roll-57x32",
        "kind": "auto",
        "first": "1",
        "how_many": "each",
        f"copies_{mug.pk}": "10",
    }
    printed = client.post(labels, paper)
    assert printed.content.startswith(b"%PDF")


def race(business: Business) -> tuple[list[Any], int]:
    """Eight colleagues take in 30 of the same 100 pieces at once; who was let, and how many pieces were accepted."""
    with tenancy.bind(business.pk):
        variants = variants_of(make_product(business, option="Size", values=["S", "M"]))
        order = sent_order(business, [(variant, 100, "4") for variant in variants])
        first, second = lines_of(order)
    work = [partial(receive, order, came(first, 30), came(second, 1)) for _ in range(4)]
    work += [partial(receive, order, came(second, 1), came(first, 30)) for _ in range(4)]
    results = at_once(work, threads=8)
    accepted = sum(row.accepted for row in GoodsReceiptLine.unscoped.filter(order_line=first))
    return results, accepted


@pytest.fixture
def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutation: lines are read, not locked; and every receiver takes a moment to decide."""
    chosen = receiving._chosen

    def slowly(*arguments: Any) -> Any:
        time.sleep(0.05)
        return chosen(*arguments)

    monkeypatch.setattr(locks, "to_lock", lambda queryset: queryset.order_by("pk"))
    monkeypatch.setattr(receiving, "_chosen", slowly)


@pytest.fixture
def without_check(transactional_db: None) -> Iterator[None]:
    """The mutation: the database no longer repeats the rule."""
    rule = next(c for c in PurchaseLine._meta.constraints if c.name == "purchasing_line_within_tolerance")
    with owners_rights(), connection.schema_editor() as editor:
        editor.remove_constraint(PurchaseLine, rule)
    yield
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE purchasing_purchaseline CASCADE")
    with owners_rights(), connection.schema_editor() as editor:
        editor.add_constraint(PurchaseLine, rule)


@pytest.mark.django_db(transaction=True)
def test_eight_receivers_at_once_accept_no_more_than_was_ordered(business: Business) -> None:
    results, accepted = race(business)
    assert accepted == 90
    assert sum(isinstance(result, GoodsReceipt) for result in results) == 3
    assert all(isinstance(r, GoodsReceipt) or getattr(r, "code", "") == "over_received" for r in results)
    with tenancy.bind(business.pk):
        assert sum(row.on_hand for row in StockBalance.objects.all()) == 93
    assert list_across_broken_balances() == []


@pytest.mark.mutation
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_check_still_holds(business: Business, without_lock: None) -> None:
    _results, accepted = race(business)
    assert accepted <= 100


@pytest.mark.mutation
@pytest.mark.django_db(transaction=True)
def test_control_without_lock_and_check_too_many_are_accepted(
    business: Business, without_lock: None, without_check: None
) -> None:
    _results, accepted = race(business)
    assert accepted > 100, "the control must accept too many, or the race above proves nothing"
