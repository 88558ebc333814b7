"""Packs at the doors that once forgot them: the order again, files of quantities, the undo, lots, two at one code."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.models import Pack, Variant
from apps.goods.catalog.services import set_packs
from apps.goods.imports.models import BatchChange
from apps.goods.imports.restoring import foresee
from apps.goods.imports.services import undo_batch
from apps.goods.inventory.lines import LotDraft, StockLine
from apps.goods.inventory.models import LotBalance, StockBalance
from apps.goods.inventory.selectors import list_across_broken_balances, list_across_broken_lots
from apps.goods.inventory.services import choose_tracking, receive_stock
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, PermissionRefused
from apps.platform.businesses.models import Business, Location
from apps.selling.checkout.models import CartItem
from apps.selling.orders.drafts import LineDraft
from apps.selling.orders.services import cancel_order, place_order
from tests.factories.goods import make_variant
from tests.factories.orders import ADA, pay, ship
from tests.goods.imports.test_any_file import carry
from tests.goods.imports.test_importing import bring_in, counts, errors
from tests.owner import owners_rights

pytestmark = pytest.mark.django_db
D = Decimal
CASE = PackDraft(
    name="Case of 12", quantity=12, barcode="5012345678900", sku="MUG-12", price=D("14.00"), sold=True
)


def test_order_again_keeps_packs_as_far_as_they_are_left(
    business: Business, owner: Actor, client: Client
) -> None:
    mug = make_variant(business, title="Mug", price="1.50", stock=100)
    bowl = make_variant(business, title="Bowl", price="3.00", stock=30)
    case, five = set_packs(
        owner, variant_id=mug.pk, packs=[CASE, PackDraft(name="Five", quantity=5, sold=True)]
    )
    (box,) = set_packs(owner, variant_id=bowl.pk, packs=[PackDraft(name="Box", quantity=10, sold=True)])
    lines = [
        LineDraft(mug.pk, 2, pack_id=case.pk), LineDraft(mug.pk, 3), LineDraft(mug.pk, 1, pack_id=five.pk),
        LineDraft(bowl.pk, 3, pack_id=box.pk),
    ]  # fmt: skip
    order = place_order(owner, lines=lines, contact=ADA)
    cancel_order(owner, order_id=order.pk, reason="no")
    with tenancy.bind(business.pk):
        # One pack is sold no more: its pieces take its place; of another only two are left.
        set_packs(owner, variant_id=mug.pk, packs=[PackDraft(**{**_facts(CASE), "pack_id": case.pk})])
        place_order(owner, lines=[LineDraft(bowl.pk, 7)], contact=ADA)
    answer = client.post(f"/store/{business.slug}/orders/{order.public_token}/again/", follow=True)
    assert "Bowl · Box (2)" in answer.content.decode()
    items = CartItem.unscoped.filter(group__cart__business=business)
    assert {(item.variant_id, item.pack_id): item.quantity for item in items} == {
        (mug.pk, None): 8, (mug.pk, case.pk): 2, (bowl.pk, box.pk): 2,
    }  # fmt: skip


def _facts(draft: PackDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in PackDraft.__dataclass_fields__}


@pytest.mark.usefixtures("bound")
def test_a_file_of_quantities_counts_what_is_in_a_pack(actor: Actor, business: Business) -> None:
    mug = make_variant(business, title="Mug", variant={"sku": "MUG"})
    set_packs(actor, variant_id=mug.pk, packs=[CASE])
    job = carry(actor, b"SKU,Barcode,Quantity on hand\nmug-12,,3\n", "count.csv")
    assert (job.kind, counts(job)) == ("stock", (0, 1, 0, 0))
    assert StockBalance.objects.get(variant=mug).on_hand == 36
    # Cases and loose pieces at one place are one number; the same file again changes nothing.
    both = b"SKU,Barcode,Quantity on hand\n,5012345678900,4\nMUG,,5\n"
    assert counts(carry(actor, both, "count.csv")) == (0, 2, 0, 0)
    assert StockBalance.objects.get(variant=mug).on_hand == 53
    assert counts(carry(actor, both, "count.csv")) == (0, 0, 2, 0)
    # Where one of them is wrong, the others would say too little.
    make_variant(business, title="Bowl", variant={"sku": "BOWL"})
    job = carry(actor, both + b"MUG-12,,9999999\nBOWL,,2\nMUG,,1\n", "count.csv")
    assert (counts(job), errors(job)) == (
        (0, 1, 0, 4),
        [(2, "SKU"), (3, "SKU"), (4, "Quantity on hand"), (6, "SKU")],
    )
    assert StockBalance.objects.get(variant=mug).on_hand == 53


@pytest.mark.usefixtures("bound")
def test_an_import_is_taken_back_with_its_packs(actor: Actor, business: Business, make_actor: Any) -> None:
    head = b"Handle,Title,SKU,Price,Packs\n"
    first = b"mug,Mug,MUG,2,Case of 12 = 12; 5012345678900; MUG-12; 14.00; sold\n"
    assert counts(bring_in(actor, head + first))[0] == 1
    mug = Variant.objects.get(sku="MUG")

    def packs() -> list[Any]:
        rows = Pack.objects.filter(variant__sku="MUG", active=True).order_by("position")
        return list(rows.values_list("name", "quantity", "barcode", "sku", "price", "sold"))

    before = packs()
    assert before == [("Case of 12", 12, "5012345678900", "MUG-12", D(14), True)]
    second = b"mug,Mug,MUG,2,Case of 12 = 10; ; MUG-10; 15.00; sold | Box = 6; 5012345678900\n"
    job = bring_in(actor, head + second + b"cup,Cup,CUP,1,Six = 6; ; CUP-6\n")
    assert job.batch is not None
    assert BatchChange.objects.filter(batch=job.batch, kind="packs").count() == 2
    assert foresee(job.batch) == []
    rights = frozenset({"imports.undo", "imports.run", "products.change"})
    nobody_s_price = make_actor(business, permissions=rights)
    with pytest.raises(PermissionRefused):
        undo_batch(nobody_s_price, batch_id=job.batch.pk)
    done = undo_batch(actor, batch_id=job.batch.pk)
    assert (done.kept_count, packs()) == (0, before)
    assert not Pack.objects.filter(variant__sku="CUP").exists()
    # Somebody changed them since: they stay, and are named.
    job = bring_in(actor, head + second)
    assert job.batch is not None
    set_packs(actor, variant_id=mug.pk, packs=[PackDraft(name="Pair", quantity=2)])
    assert [left.label for left in foresee(job.batch)] == ["Mug"]
    assert undo_batch(actor, batch_id=job.batch.pk).kept_count == 1
    assert [row[0] for row in packs()] == ["Pair"]


def test_a_case_that_is_sent_takes_what_expires_first(business: Business, owner: Actor) -> None:
    cream = make_variant(business, title="Cream", price="2.00", cost="1.00")
    shop = Location.unscoped.get(business=business, is_default=True)
    (case,) = set_packs(owner, variant_id=cream.pk, packs=[PackDraft(name="Case", quantity=6, sold=True)])
    with tenancy.bind(business.pk):
        choose_tracking(owner, variant_id=cream.pk, mode="expiry")
        for code, days, count in (("LATE", 90, 8), ("SOON", 10, 8)):
            lot = LotDraft(code, None, clock.today() + dt.timedelta(days=days))
            receive_stock(owner, location_id=shop.pk, lines=[StockLine(cream.pk, count, lots=[lot])])
    order = place_order(owner, lines=[LineDraft(cream.pk, 2, pack_id=case.pk)], contact=ADA)
    pay(order)
    ship(order)
    left = {row.lot.code: row.on_hand for row in LotBalance.unscoped.select_related("lot")}
    assert left == {"SOON": 0, "LATE": 4}, "twelve pieces: eight that expire first, four of the others"
    assert list_across_broken_balances() == list_across_broken_lots() == []


def _two_at_once(business: Business, owner: Actor) -> int:
    """One gives a code to a variant, and before it commits another gives it to a pack; how many things have it."""
    mug, tea = make_variant(business, title="Mug"), make_variant(business, title="Tea")
    given, over = threading.Event(), threading.Event()

    def pack() -> None:
        given.wait(5)
        try:
            with tenancy.bind(business.pk):
                set_packs(
                    owner,
                    variant_id=mug.pk,
                    packs=[PackDraft(name="Case", quantity=6, barcode="4006381333931")],
                )
        except (Conflict, IntegrityError):
            pass  # told no; who has the code is counted below
        finally:
            over.set()
            connection.close()

    thread = threading.Thread(target=pack)
    thread.start()
    with tenancy.bind(business.pk), transaction.atomic():
        Variant.objects.filter(pk=tea.pk).update(barcode="4006381333931")
        given.set()
        over.wait(0.7)  # with the lock nothing is over before the commit
    thread.join(10)
    variants, packs = (model.unscoped.filter(barcode="4006381333931").count() for model in (Variant, Pack))
    return variants + packs


@pytest.mark.django_db(transaction=True)
def test_a_code_given_to_a_pack_and_a_variant_at_once_means_one_thing(
    business: Business, owner: Actor
) -> None:
    assert _two_at_once(business, owner) == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_have_it(business: Business, owner: Actor) -> None:
    def change(edit: Callable[[str], str]) -> None:
        with owners_rights(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_trigger t ON t.tgfoid = p.oid "
                "WHERE t.tgname LIKE 'pgtrigger_code_means_one_thing%%'"
            )
            for (text,) in cursor.fetchall():
                cursor.execute(edit(text).replace("%", "%%"))

    change(lambda text: text.replace("PERFORM pg_advisory", "PERFORM pg_sleep(0); --pg_advisory"))
    try:
        assert _two_at_once(business, owner) == 2
    finally:
        change(lambda text: text.replace("PERFORM pg_sleep(0); --pg_advisory", "PERFORM pg_advisory"))
