"""A pack is so many of its variant, by every door: bought by the case, scanned, sold, sent and taken back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.goods.catalog.drafts import PackDraft, VariantDraft
from apps.goods.catalog.models import Pack, Product, Variant
from apps.goods.catalog.services import (
    add_variant,
    retire_variant,
    set_packs,
    update_variant,
)
from apps.goods.inventory.codes import find_goods
from apps.goods.inventory.forms import DeliveryForm
from apps.goods.inventory.models import StockBalance
from apps.goods.inventory.services import make_kit
from apps.goods.purchasing import services as purchasing
from apps.goods.purchasing.drafts import ArrivalDraft, ItemDraft, LineDraft, OrderDraft
from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder, SupplierItem
from apps.goods.purchasing.order_forms import OrderForm, typed_order
from apps.goods.purchasing.supplier_forms import ItemsForm
from apps.goods.warehouse.forms import read_lines
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    OutOfStock,
    StaleQuote,
    WrongState,
)
from apps.platform.businesses.models import Business
from apps.selling.checkout.models import Cart, CartItem
from apps.selling.checkout.selectors import cart_view
from apps.selling.checkout.services import add_to_cart, merge_carts, quote_cart, set_quantity
from apps.selling.orders.drafts import LineDraft as OrderedLine
from apps.selling.orders.drafts import RefundLine
from apps.selling.orders.models import OrderLine
from apps.selling.orders.services import place_order, refund_order
from tests.factories.businesses import make_business, make_user, owner_of, sign_in
from tests.factories.goods import make_product, make_variant, stock_up, variants_of
from tests.factories.orders import ADA, QUAY, lines_of, make_rate, pay, ship, submit
from tests.goods.purchasing.world import make_supplier, send

pytestmark = pytest.mark.django_db
D = Decimal
CASE = PackDraft(
    name="Case of 12", quantity=12, barcode="5012345678900", sku="MUG-12", price=D("14.00"), sold=True
)
BOX = PackDraft(name="Box of 6", quantity=6, sold=True, for_purchasing=True)


def shelf(variant: Variant) -> tuple[int, int, Decimal]:
    row = StockBalance.unscoped.get(variant=variant)
    return row.on_hand, row.reserved, row.value


def packed(owner: Actor, variant: Variant) -> tuple[Pack, Pack]:
    case, box = set_packs(owner, variant_id=variant.pk, packs=[CASE, BOX])
    return case, box


def test_what_can_be_a_pack(business: Business, other_business: Business, owner: Actor) -> None:
    mug = make_variant(business, title="Mug", variant={"sku": "MUG", "barcode": "4006381333931"})
    tea = make_variant(business, title="Tea", variant={"sku": "TEA"})
    foreign = make_variant(other_business)
    case, box = packed(owner, mug)
    with tenancy.bind(business.pk):
        assert packed_again(owner, mug, case, box) == [case.pk, box.pk], "the same again writes nothing"
        for drafts, field, code in (
            ([PackDraft(name="One", quantity=1)], "packs.0.quantity", "invalid_input"),
            ([PackDraft(name="", quantity=6)], "packs.0.name", "invalid_input"),
            ([PackDraft(name="A", quantity=6), PackDraft(name="a", quantity=8)], "packs.1.name", "name_taken"),
            ([PackDraft(name="A", quantity=6, barcode="4006381333931")], "packs.0.barcode", "barcode_taken"),
            ([PackDraft(name="A", quantity=6, sku="mug")], "packs.0.sku", "sku_taken"),
            ([PackDraft(name="A", quantity=6, barcode="5012345678900")], "packs.0.barcode", "barcode_taken"),
            ([BOX, PackDraft(name="B", quantity=8, for_purchasing=True)], "packs.1.for_purchasing", "invalid_input"),
        ):  # fmt: skip
            with pytest.raises((InvalidInput, Conflict)) as refused:
                set_packs(owner, variant_id=tea.pk, packs=drafts)
            assert (list(refused.value.fields), refused.value.code) == ([field], code)
        # The other way round the database refuses, whichever door it comes through.
        with pytest.raises(Conflict, match="pack has this barcode"):
            update_variant(owner, variant_id=tea.pk, barcode="5012345678900")
        scarf = make_product(business, title="Scarf", option="Size", values=["S"])
        with pytest.raises(Conflict, match="pack has this SKU"):
            add_variant(
                owner, product_id=scarf.pk, draft=VariantDraft(price=D(1), option_values=["L"], sku="mug-12")
            )
        with pytest.raises(NotFound):
            set_packs(owner, variant_id=foreign.pk, packs=[BOX])
        with pytest.raises(NotFound):
            set_packs(owner, variant_id=tea.pk, packs=[PackDraft(name="x", quantity=2, pack_id=case.pk)])
        with pytest.raises(InvalidInput, match="sold in packs"):
            make_kit(owner, variant_id=mug.pk, parts={tea.pk: 2})
        make_kit(owner, variant_id=tea.pk, parts={mug.pk: 2})
        with pytest.raises(InvalidInput, match="kit has no packs"):
            set_packs(owner, variant_id=tea.pk, packs=[BOX])
        # Two packs exchange what each may have once; one that is left out frees its codes.
        case, box = set_packs(
            owner, variant_id=mug.pk,
            packs=[PackDraft(name="Case of 12", quantity=12, pack_id=case.pk, for_purchasing=True),
                   PackDraft(name="Box of 6", quantity=6, pack_id=box.pk, barcode="5012345678900", price=D(14))],
        )  # fmt: skip
        assert (case.for_purchasing, box.barcode) == (True, "5012345678900")
        set_packs(owner, variant_id=mug.pk, packs=[])
        assert set(Pack.objects.values_list("active", "barcode", "sku")) == {(False, "", "")}
        update_variant(owner, variant_id=tea.pk, barcode="5012345678900")


def packed_again(owner: Actor, mug: Variant, case: Pack, box: Pack) -> list[Any]:
    drafts = [replace(CASE, pack_id=case.pk), replace(BOX, pack_id=box.pk)]
    return [pack.pk for pack in set_packs(owner, variant_id=mug.pk, packs=drafts)]


def test_a_unit_stays_once_stock_has_moved(business: Business, owner: Actor) -> None:
    cloth = make_variant(business, title="Cloth", price="0.12")
    update_variant(owner, variant_id=cloth.pk, unit="cm", shown_unit="m", order_min=50, order_step=10)
    stock_up(business, [cloth.pk], 500)
    listed = Product.unscoped.get(pk=cloth.product_id)
    assert (listed.min_price, listed.max_price) == (D(12), D(12)), "lists say what a metre costs"
    with pytest.raises(WrongState) as refused:
        update_variant(owner, variant_id=cloth.pk, unit="m")
    assert refused.value.code == "unit_in_use"
    update_variant(owner, variant_id=cloth.pk, shown_unit="cm", content_amount=None)
    guest = Actor.guest(business.pk)
    with pytest.raises(InvalidInput, match="Sold from 50 cm, in steps of 10 cm"):
        add_to_cart(guest, cart_token=None, variant_id=cloth.pk, quantity=45)
    with pytest.raises(InvalidInput):
        update_variant(owner, variant_id=cloth.pk, order_step=7)
    cart = add_to_cart(guest, cart_token=None, variant_id=cloth.pk, quantity=60)
    # The variant's rule is taken off: the product's holds again.
    update_variant(owner, variant_id=cloth.pk, order_min=None, order_step=None, order_max=None)
    with tenancy.bind(business.pk):
        item = CartItem.objects.get()
        assert set_quantity(guest, cart_token=cart.cookie_value, item_id=item.pk, quantity=7).pk == cart.pk


def test_from_the_cart_to_the_parcel_and_back(business: Business, owner: Actor) -> None:
    mug = make_variant(business, title="Mug", price="1.50", cost=None, variant={"sku": "MUG"})
    # 40 pieces for 33.33: no piece has an exact cost.
    stock_up(business, [mug.pk], 40, unit_cost=D("0.8333"))
    make_rate(business)
    case, box = packed(owner, mug)
    guest = Actor.guest(business.pk)
    with pytest.raises(NotFound):
        add_to_cart(guest, cart_token=None, variant_id=mug.pk, pack_id=make_variant(business).pk)
    with pytest.raises(OutOfStock, match="Only 40 are left"):
        add_to_cart(guest, cart_token=None, variant_id=mug.pk, pack_id=case.pk, quantity=4)
    cart = add_to_cart(guest, cart_token=None, variant_id=mug.pk, pack_id=case.pk, quantity=2)
    token = cart.cookie_value
    add_to_cart(guest, cart_token=token, variant_id=mug.pk, pack_id=box.pk)
    add_to_cart(guest, cart_token=token, variant_id=mug.pk, quantity=4)
    with pytest.raises(OutOfStock):
        add_to_cart(guest, cart_token=token, variant_id=mug.pk, pack_id=box.pk, quantity=2)
    with tenancy.bind(business.pk):
        view = cart_view(Cart.objects.get(pk=cart.pk))
        assert [(line.variant_title, line.quantity, line.unit_price, line.amount) for line in view.lines] == [
            ("Case of 12", 2, D("14.00"), D("28.00")),
            ("Box of 6", 1, D("9.00"), D("9.00")),
            ("", 4, D("1.50"), D("6.00")),
        ]
        # 34 of 40 are wanted: another box fits beside the others, a third case does not.
        assert [line.max_quantity for line in view.lines] == [2, 2, 10]
        first = view.lines[0]
    set_packs(owner, variant_id=mug.pk, packs=[replaced(CASE, case, quantity=10), replaced(BOX, box)])
    stale = quoted_before(business, cart, owner, mug, case, box)
    with pytest.raises(StaleQuote):
        submit(business, cart, quote_id=stale)
    set_packs(owner, variant_id=mug.pk, packs=[replaced(CASE, case), replaced(BOX, box)])
    submit(business, cart)
    order = pay(OrderLine.unscoped.first().order)  # type: ignore[union-attr]
    cases, boxes, single = lines_of(order)
    assert [(one.title, one.sku, one.pack_quantity, one.quantity, one.pieces) for one in (cases, boxes, single)] == [
        ("Mug · Case of 12", "MUG-12", 12, 2, 24), ("Mug · Box of 6", "MUG", 6, 1, 6), ("Mug", "MUG", 1, 4, 4),
    ]  # fmt: skip
    assert shelf(mug) == (40, 34, D("33.33"))
    # What becomes of the pack later changes no order.
    set_packs(owner, variant_id=mug.pk, packs=[])
    ship(order, [(cases.pk, 1)])
    assert shelf(mug) == (28, 22, D("23.33")), "a case leaves whole, at what its pieces cost"
    ship(order)
    sent = lines_of(order)[0]
    system = Actor.system("tests", business.pk)
    refund_order(system, order_id=order.pk, lines=[RefundLine(sent.pk, 1)], reason="broken", restock=True)
    on_hand, reserved, value = shelf(mug)
    assert (on_hand, reserved) == (18, 0), "a case comes back as twelve pieces"
    back = lines_of(order)[0]
    assert value == D("33.33") - sum((one.cost_total for one in lines_of(order)), D(0)) + back.returned_cost
    assert back.returned_cost == D("10.00")
    assert first.pack is not None


def replaced(draft: PackDraft, pack: Pack, **changes: Any) -> PackDraft:
    """The draft as a change of this pack."""
    return replace(draft, pack_id=pack.pk, **changes)


def quoted_before(business: Business, cart: Cart, owner: Actor, mug: Variant, case: Pack, box: Pack) -> UUID:
    """A quote for a case that then held fewer, at the same price."""
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    set_packs(owner, variant_id=mug.pk, packs=[replaced(CASE, case, quantity=11), replaced(BOX, box)])
    return quote.pk


def test_carts_merge_and_staff_order_packs(business: Business, owner: Actor) -> None:
    mug = make_variant(business, title="Mug", price="1.50", stock=100)
    case, _box = packed(owner, mug)
    guest, user = Actor.guest(business.pk), make_user()
    mine = add_to_cart(guest, cart_token=None, variant_id=mug.pk, pack_id=case.pk, user_id=user.pk)
    theirs = add_to_cart(guest, cart_token=None, variant_id=mug.pk, pack_id=case.pk, quantity=2)
    add_to_cart(guest, cart_token=theirs.cookie_value, variant_id=mug.pk, quantity=5)
    merged = merge_carts(guest, cart_token=theirs.cookie_value, user_id=user.pk)
    assert merged is not None
    assert merged.pk == mine.pk
    with tenancy.bind(business.pk):
        items = CartItem.objects.filter(group__cart=merged).order_by("quantity")
        assert [(item.pack_id, item.quantity) for item in items] == [(case.pk, 3), (None, 5)]
    order = place_order(owner, lines=[OrderedLine(mug.pk, 2, pack_id=case.pk)], contact=ADA)
    assert (order.total, lines_of(order)[0].pieces) == (D("28.00"), 24)
    with pytest.raises(NotFound):
        place_order(owner, lines=[OrderedLine(make_variant(business).pk, 1, pack_id=case.pk)], contact=ADA)


def test_a_code_of_a_pack_counts_what_is_in_it(business: Business, owner: Actor, client: Client) -> None:
    mug = make_variant(business, title="Mug", stock=5, variant={"sku": "MUG"})
    packed(owner, mug)
    with tenancy.bind(business.pk):
        found = find_goods(["mug", "mug-12", "5012345678900", "nothing"])
        assert {code: goods.pieces for code, goods in found.items()} == {
            "MUG": 1,
            "MUG-12": 12,
            "5012345678900": 12,
        }
        assert [(line.variant_id, line.quantity) for line in read_lines("5012345678900, 3\nMUG")] == [
            (mug.pk, 36), (mug.pk, 1),
        ]  # fmt: skip
        form = DeliveryForm(owner, data={"lines": "MUG-12, 3, 10.00"})
        form.is_valid()
        (line,) = form.cleaned_data["lines"]
        assert (line.quantity, line.unit_cost, line.value) == (36, D("0.8333"), D("30.00"))
        retire_able = make_product(business, title="Scarf", option="Size", values=["S", "M"])
        small, _medium = variants_of(retire_able)
        set_packs(owner, variant_id=small.pk, packs=[PackDraft(name="Five", quantity=5, sku="S-5")])
        retire_variant(owner, variant_id=small.pk)
        assert find_goods(["S-5"]) == {}
        assert not Pack.objects.filter(variant=small, active=True).exists()


def test_cases_are_ordered_received_and_worth_what_they_cost(business: Business, owner: Actor) -> None:
    mug = make_variant(business, title="Mug", cost=None, variant={"sku": "MUG"})
    case, _box = packed(owner, mug)
    supplier = make_supplier(business, currency=business.currency)
    with tenancy.bind(business.pk):
        items = ItemsForm(data={"lines": "MUG, 10.00/12, THEIRS-1"})
        assert items.is_valid(), items.errors
        purchasing.set_items(owner, supplier_id=supplier.pk, items=items.items())
        item = SupplierItem.objects.get()
        assert (item.cost, item.pack_cost, item.pack_size) == (D("0.8333"), D("10.00"), 12)
        with pytest.raises(InvalidInput):
            purchasing.set_items(
                owner, supplier_id=supplier.pk, items=[ItemDraft(variant_id=mug.pk, pack_cost=D(1))]
            )
        typed: dict[str, Any] = {}
        for text in ("MUG-12, 5", "MUG, 5x12", "5012345678900, 5, 10"):
            form = OrderForm(owner, supplier, data={"location_id": "", "lines": text})
            form.is_valid()
            assert "lines" not in form.errors, form.errors
            (typed[text],) = form.cleaned_data["lines"]
        usual = OrderForm(owner, supplier, data={"lines": "MUG, 3 packs"})
        usual.is_valid()
        assert usual.cleaned_data["lines"][0].quantity == 3
        order = purchasing.draft_order(
            owner, supplier_id=supplier.pk, draft=OrderDraft(lines=[typed["MUG, 5x12"]])
        )
        (line,) = PurchaseLine.objects.filter(order=order)
        assert (line.quantity, line.pack_name, line.pack_cost, line.net) == (60, "Case of 12", D(10), D(50))
        assert typed_order(order)["lines"].startswith("MUG, 5x12, 10,")
        order = send(order)
        line = PurchaseLine.objects.get()
        with pytest.raises(Conflict):
            receive(owner, order, ArrivalDraft(line_id=line.pk, accepted_packs=6))
        first = receive(owner, order, ArrivalDraft(line_id=line.pk, accepted_packs=2))
        assert (first.value, shelf(mug)[:1]) == (D("20.00"), (24,))
        second = receive(owner, order, ArrivalDraft(line_id=line.pk, accepted=7))
        rest = receive(owner, order, ArrivalDraft(line_id=line.pk, accepted=5, accepted_packs=2))
        assert (second.value, rest.value) == (D("5.83"), D("24.17"))
        assert shelf(mug) == (60, 0, D("50.00")), "five cases at 10.00, to the cent"
        assert PurchaseOrder.objects.get().state == "received"
        loose = purchasing.draft_order(
            owner, supplier_id=supplier.pk,
            draft=OrderDraft(lines=[LineDraft(variant_id=mug.pk, quantity=7, unit_cost=D("0.90"))]),
        )  # fmt: skip
        assert PurchaseLine.objects.get(order=loose).pack_words == ""
    assert case.quantity == 12


def receive(owner: Actor, order: PurchaseOrder, *arrivals: ArrivalDraft) -> Any:
    return purchasing.receive_goods(owner, order_id=order.pk, lines=list(arrivals))


def test_pages_of_packs(db: None, client: Client) -> None:
    business = make_business("harbour")
    mug = make_variant(
        business,
        title="Mug",
        slug="mug",
        price="1.50",
        stock=30,
        variant={"sku": "MUG", "barcode": "4006381333931"},
    )
    sign_in(client, owner_of(business), business)
    verb = reverse("admin:verb", args=["catalog", "variant", mug.pk, "packs"])
    page = client.get(verb).content.decode()
    assert "Holds (pcs)" in page
    rows = {
        "name_0": "Case of 12",
        "quantity_0": "12",
        "barcode_0": "4006381333931",
        "sold_0": "on",
        "price_0": "14",
    }
    refused = client.post(verb, rows)
    assert refused.status_code == 409
    assert "“Mug” has this code already." in refused.content.decode()
    assert client.post(verb, {**rows, "barcode_0": ""}).status_code == 302
    assert client.post(verb, {"name_1": "Box", "quantity_1": "1"}).status_code == 400
    shown = client.get(reverse("admin:catalog_variant_change", args=[mug.pk])).content.decode()
    assert "Case of 12" in shown
    measures = reverse("admin:verb", args=["catalog", "variant", mug.pk, "measures"])
    sent = {"unit": "piece", "content_amount": "350", "content_unit": "ml", "order_max": "24"}
    assert client.post(measures, sent).status_code == 302
    assert client.post(measures, {**sent, "unit": "g"}).status_code == 409
    pack = Pack.unscoped.get()
    store = client.get("/store/harbour/products/mug/").content.decode()
    assert "£0.43 per 100 ml" not in store, "350 ml is compared by the litre"
    assert "£4.29 per l" in store
    assert f'<option value="{pack.pk}"' in store
    assert "Sold up to 24 at once." in store
    chosen = client.get(f"/store/harbour/products/mug/?pack={pack.pk}").content.decode()
    assert '<span id="price">£14.00</span>' in chosen
    assert "£3.33 per l" in chosen
    assert 'max="2"' in chosen
    assert (
        client.post(
            "/store/harbour/cart/add/", {"variant": mug.pk, "pack": pack.pk, "quantity": 2}
        ).status_code
        == 302
    )
    cart = client.get("/store/harbour/cart/").content.decode()
    assert "Case of 12" in cart
    assert "£28.00" in cart


def test_packs_cost_the_product_page_no_statement(business: Business, owner: Actor, client: Client) -> None:
    mug = make_variant(business, title="Mug", slug="mug", stock=30)

    def statements() -> int:
        caches["pages"].clear()
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/store/harbour/products/mug/").status_code == 200
        return len(seen)

    statements()
    without = statements()
    packed(owner, mug)
    assert statements() == without
