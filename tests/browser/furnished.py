"""One business with a row of every kind, in the states that offer each verb of the back office."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

from apps.goods.catalog.services import (
    add_image,
    archive_product,
    begin_draft,
    change_draft,
    create_category,
    create_collection,
    set_code_rule,
    set_collection_products,
    set_licensed_trade,
    show_collection,
)
from apps.goods.imports.editing import Editor, Grid, Rule
from apps.goods.imports.services import check_job, preview_edit, run_job, upload_file, work_through
from apps.goods.inventory.lines import AdjustLine, LotDraft, StockLine
from apps.goods.inventory.models import Lot
from apps.goods.inventory.services import (
    block_lot,
    choose_tracking,
    propose_adjustment,
    receive_stock,
    set_stock_limits,
    settle_alerts,
)
from apps.goods.warehouse.lines import LandedLine, WantedLine
from apps.goods.warehouse.services import (
    finish_count,
    open_count,
    receive_transfer,
    record_scan,
    request_transfer,
    set_transfer_rules,
    ship_transfer,
)
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.models import Delivery, OutboxEvent
from apps.money.ledger.models import Account
from apps.money.ledger.services import add_account, deactivate_account, post_manual_entry
from apps.money.ledger.services.manual import ManualLine
from apps.people.customers.models import Customer
from apps.people.customers.services import assign_customer
from apps.platform.access.services import create_key
from apps.platform.accounts.limits import account_digest
from apps.platform.accounts.models import SignInGuard
from apps.platform.businesses.models import Business, Location, Membership, Role
from apps.platform.businesses.services import (
    add_location,
    add_role,
    invite_member,
    suspend_member,
)
from apps.platform.fields.drafts import FieldDraft
from apps.platform.fields.kinds import list_kinds
from apps.platform.fields.services import add_field, retire_field, set_values
from apps.platform.notifications.models import Message
from apps.platform.notifications.services import stop_address
from apps.platform.vault.services import keep_secret
from apps.selling.checkout.services import end_link, make_link
from apps.selling.orders.models import Order
from apps.selling.orders.services import ask_for_change, cancel_order, record_money, refund_order
from apps.selling.payments.models import Discrepancy, ProviderAccount, Refund, WebhookReceipt
from apps.selling.payments.providers import ProviderFact
from apps.selling.payments.providers.keeping import write_fact
from apps.selling.payments.services.accounts import ensure_account
from apps.selling.promotions.drafts import PromotionDraft
from apps.selling.promotions.services import (
    add_promotion,
    end_promotion,
    generate_codes,
    pause_promotion,
    start_test,
)
from tests.factories.businesses import actor_of, make_member
from tests.factories.certificates import make_certificate
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import deliver, lines_of, make_cart, make_order, make_rate, pay, ship
from tests.factories.payments import script_provider
from tests.goods.garments.furnished import furnish_garments, order_shirts
from tests.goods.imports.files import MUG, SHIRT, as_csv, classic
from tests.goods.purchasing.furnished import furnish_purchasing
from tests.money.receivables.furnished import furnish_receivables
from tests.platform.accounts.signing_in import give_app
from tests.selling.history.furnished import furnish_past
from tests.selling.pricing.furnished import furnish_prices
from tests.selling.quotes.furnished import furnish_quotes
from tests.selling.returns.furnished import furnish_returns
from tests.selling.shipping.furnished import furnish_shipping

LONG_NAME = "Hand-thrown stoneware mug with a very long name, moss glaze, 350 ml, dishwasher safe"


def furnish(business: Business) -> None:
    """Fill a new business: goods, orders in each state, money, people, and what went wrong."""
    outbox.drain()
    actor = actor_of(business)
    with tenancy.bind(business.pk):
        _goods(business, actor)
        _orders(business)
        _money(business, actor)
        _people(business, actor)
        _imports(business, actor)
        furnish_purchasing(business, actor)
        order_shirts(actor, furnish_garments(actor))
        furnish_prices(actor)
        furnish_quotes(business)
        _fields(actor)
        keep_secret(actor, name="mail.smtp.password", value="correct horse 9")
        furnish_returns(business, actor, variants_of(_product("mug"))[0])
        furnish_receivables(business)
        _troubles(business)
    outbox.drain()


def _goods(business: Business, actor: Actor) -> None:
    shelf = create_category(actor, name="Kitchen")
    create_category(actor, name="Mugs", parent_id=shelf.pk)
    shirt = make_product(
        business, title="Linen shirt", slug="shirt", price="48.00", option="Size",
        values=["S", "M", "L"], stock=4, category_id=shelf.pk, tags=["linen"], vendor_name="Loom",
    )  # fmt: skip
    add_image(actor, product_id=shirt.pk, file=_picture(), alt="A white shirt")
    make_product(business, title=LONG_NAME, slug="mug", price="18.00", stock=40)
    make_product(business, title="Tea towel, not ready yet", published=False)
    set_code_rule(actor, sku_pattern="{brand:3}-{seq:5}", barcode_kind="ean13", barcode_prefix="20")
    chosen = create_collection(actor, name="For the kitchen")
    set_collection_products(actor, collection_id=chosen.pk, product_ids=[shirt.pk])
    rules = [{"field": "tag", "value": "linen"}, {"field": "in_stock", "value": "yes"}]
    found = create_collection(actor, name="All linen", kind="rules", rules=rules)
    show_collection(actor, collection_id=found.pk, published=True)
    set_licensed_trade(actor, is_on=True, classifications=["Indica", "Sativa", "Hybrid"])
    draft = begin_draft(actor, product_id=shirt.pk)
    change_draft(actor, draft_id=draft.pk, title="Linen shirt, washed", tags=["linen", "summer"])
    haze = make_product(business, title="Harbour Haze, 3.5 g", stock=20)
    make_certificate(haze)
    make_certificate(haze, approved=True)
    gone = make_product(business, title="Last year's calendar", stock=1)
    archive_product(actor, product_id=gone.pk)
    _lots(actor, business)
    _moves(actor, add_location(actor, name="Warehouse", code="WH", kind="warehouse"))
    _promotions(actor)
    make_rate(business, name="Courier", price="12.00")
    make_rate(business, name="Old post", price="4.00", active=False)


def _promotions(actor: Actor) -> None:
    """One in each state, with codes."""
    soon = clock.now() + dt.timedelta(days=3)
    free = PromotionDraft(name="Free delivery", kind="delivery", minimum_amount=Decimal(500))
    add_promotion(actor, draft=free)
    spring = PromotionDraft(name="Spring", kind="percent", value=Decimal(10), starts_at=soon)
    coded = add_promotion(actor, draft=spring, code="SPRING")
    generate_codes(actor, promotion_id=coded.pk, count=25, prefix="S")
    paused = add_promotion(actor, draft=PromotionDraft(name="Trio", kind="amount", value=Decimal(5)))
    pause_promotion(actor, promotion_id=paused.pk)
    ended = add_promotion(actor, draft=PromotionDraft(name="Last year", kind="amount", value=Decimal(3)))
    end_promotion(actor, promotion_id=ended.pk)
    far = PromotionDraft(name="Far away", kind="amount", value=Decimal(3), countries=["IS"])
    start_test(actor, name="Iceland", promotion_ids=[add_promotion(actor, draft=far).pk], with_nothing=True)


def _lots(actor: Actor, business: Business) -> None:
    """Goods with expiry dates, one lot of them blocked."""
    cream = variants_of(make_product(business, title="Hand cream", price="9.00", cost="3.10"))[0]
    choose_tracking(actor, variant_id=cream.pk, mode="expiry")
    shop = Location.objects.get(is_default=True)
    for code, days in (("HC-2611", 20), ("HC-2702", 75)):
        lot = LotDraft(code, 12, clock.today() + dt.timedelta(days=days), supplier="Meadow Works")
        receive_stock(actor, location_id=shop.pk, lines=[StockLine(cream.pk, 12, lots=[lot])])
    block_lot(actor, lot_id=Lot.objects.get(code="HC-2702").pk, reason="Lids do not close")


def _fields(actor: Actor) -> None:
    """A field for each kind of record that takes some, one that is retired."""
    for kind in list_kinds():
        draft = FieldDraft(
            label="Made in", type="choice", choices=["Portugal", "Spain"], in_list=True, filterable=True
        )
        add_field(actor, record_type=kind.name, draft=draft)
    gone = add_field(actor, record_type="catalog.product", draft=FieldDraft(label="Old number", type="text"))
    retire_field(actor, field_id=gone.pk)
    product = _product("shirt")
    set_values(actor, record_type="catalog.product", record_id=product.pk, values={"made_in": "Spain"})


def _moves(actor: Actor, depot: Location) -> None:
    """A transfer that waits to be sent, one on its way, one received in part with a broken piece."""
    mug, shop = variants_of(_product("mug"))[0], Location.objects.get(is_default=True)
    for sent, landed in ((False, 0), (True, 0), (True, 1)):
        transfer = request_transfer(
            actor,
            source_id=shop.pk,
            destination_id=depot.pk,
            lines=[WantedLine(mug.pk, 3)],
            note="For the fair",
        )
        if sent:
            ship_transfer(actor, transfer_id=transfer.pk)
        if landed:
            line = LandedLine(transfer.lines.get().pk, landed, damaged=1)
            receive_transfer(actor, transfer_id=transfer.pk, lines=[line], reason="Dropped by the carrier")
    set_transfer_rules(actor, approval="anybody")
    request_transfer(
        actor,
        source_id=shop.pk,
        destination_id=depot.pk,
        lines=[WantedLine(mug.pk, 1)],
        note="Waits for a yes",
    )
    set_transfer_rules(actor, approval="none")
    settle_alerts(actor)
    for is_finished in (False, True):
        count = open_count(actor, location_id=shop.pk, is_blind=is_finished)
        record_scan(actor, count_id=count.pk, variant_id=mug.pk, quantity=19)
        if is_finished:
            finish_count(actor, count_id=count.pk)
    set_stock_limits(actor, adjust_approval_above=Decimal(10), count_approval_above=Decimal(0))
    keeper = replace(actor, role="stock_keeper", id=new_id(), label="Bea at the shelf")
    lines = [AdjustLine(mug.pk, delta=-5)]
    propose_adjustment(keeper, location_id=shop.pk, lines=lines, reason_code="damage", note="Shelf fell down")


def _picture() -> io.BytesIO:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (300, 400), (210, 220, 215)).save(file, "PNG")
    file.seek(0)
    return file


def _orders(business: Business) -> None:
    mug = variants_of(_product("mug"))[0]
    system = Actor.system("tests", business.pk)
    wish = make_order(business, lines=[(mug, 1)])
    ask_for_change(Actor.guest(business.pk), order_id=wish.pk, text="Two of them, please.")
    pay(make_order(business, lines=[(mug, 2), (variants_of(_product("shirt"))[1], 1)]))
    sent = ship(pay(make_order(business, lines=[(mug, 3)])), carrier="Royal Mail", tracking_number="AB123")
    to_pack = [pay(make_order(business, lines=[(mug, 1)])) for _number in range(3)]
    parcel = ship(pay(make_order(business, lines=[(mug, 1)])))
    furnish_shipping(actor_of(business), to_pack, parcel, mug)
    ship(_part(pay(make_order(business, lines=[(mug, 3)]))))
    done = deliver(ship(pay(make_order(business, lines=[(mug, 1)]))))
    cancel_order(system, order_id=make_order(business, lines=[(mug, 1)]).pk, reason="Bought twice")
    for order in (sent, done):
        lines = [(lines_of(order)[0].pk, 1)]
        refund_order(system, order_id=order.pk, lines=lines, reason="Chipped rim", key=new_id().hex)
    _tills(business, system, mug)
    cart = make_cart(business, [(mug, 2), (variants_of(_product("shirt"))[0], 1)])
    cart.email, cart.abandoned_at = "left@example.com", clock.now()
    cart.save()
    outbox.drain()


def _tills(business: Business, system: Actor, mug: Any) -> None:
    """Money that people take and give back, money that is reserved, links to a checkout."""
    works = make_link(system, lines=[(mug.pk, 2)], name="Spring letter", attribution={"source": "letter"})
    end_link(system, link_id=make_link(system, lines=[(mug.pk, 1)], name="Last year").pk)
    assert works.pk
    paid = make_order(business, lines=[(mug, 1)])
    record_money(system, order_id=paid.pk, amount=paid.total + 1, tender="cash", reference="Till 4")
    held = make_order(business, lines=[(mug, 1)])
    Order.objects.filter(pk=held.pk).update(state="confirmed", payment_state="authorised")


def _part(order: Order) -> Order:
    ship(order, [(lines_of(order)[0].pk, 1)])
    return order


def _product(slug: str) -> Any:
    from apps.goods.catalog.models import Product

    return Product.objects.get(slug=slug)


def _money(business: Business, actor: Actor) -> None:
    refund = Refund.objects.filter(payment__provider="sandbox").order_by("pk").last()
    assert refund is not None
    Refund.objects.filter(pk=refund.pk).update(state="failed", error="The card is closed.")
    WebhookReceipt.objects.create(
        provider="sandbox",
        event_id="evt_strange",
        kind="payment.captured",
        outcome="attention",
        fact=write_fact(ProviderFact("captured", "ses_nobody", amount=Decimal(5), currency="GBP")),
    )
    Discrepancy.objects.create(
        kind=Discrepancy.Kind.values[0],
        provider="sandbox",
        provider_ref="cap_81",
        said_amount=Decimal(7),
        said_currency="GBP",
    )
    script_provider()
    ensure_account("sandbox")
    ProviderAccount.objects.filter(pk=ensure_account("scripted").pk).update(active=False)
    spare = add_account(actor, code="6990", name="Odds and ends", kind="expense", key=new_id().hex)
    deactivate_account(actor, account_id=spare.pk)
    stall = add_account(actor, code="6980", name="Market stalls", kind="expense", key=new_id().hex)
    lent = Account.objects.filter(kind="equity").order_by("code")[0]
    post_manual_entry(
        actor,
        posted_on=clock.now().date() - dt.timedelta(days=1),
        memo="Market stall fee, paid by the owner",
        lines=[ManualLine(stall.pk, debit=Decimal(35)), ManualLine(lent.pk, credit=Decimal(35))],
        key=new_id().hex,
    )


def _people(business: Business, actor: Actor) -> None:
    seller = make_member(business, "cashier")
    buyer = Customer.objects.order_by("pk")[0]
    assign_customer(actor, customer_id=buyer.pk, user_id=seller.pk)
    create_key(actor, name="Accounts program", permissions=["orders.read"])
    leaving = make_member(business, "stock_keeper")
    member = Membership.objects.get(user=leaving)
    suspend_member(actor, membership_id=member.pk, reason="On leave")
    add_role(actor, name="Saturday help", permissions=["orders.read"], key=new_id().hex)
    # A role of their own, from before the product had gained something.
    Role.objects.filter(code="buyer").update(
        permissions=["products.read"], offered=["products.read"], is_changed=True
    )
    role = Role.objects.get(code="manager")
    careful, locked_out = make_member(business, "accountant"), make_member(business, "support")
    give_app(careful)
    SignInGuard.objects.create(
        scope="account", account=account_digest(locked_out.email), ip="203.0.113.7", failures=5,
        locked_until=clock.now() + dt.timedelta(hours=1),
    )  # fmt: skip
    newcomer = make_member(business, "analyst")
    Membership.objects.filter(user=newcomer).update(status="pending")
    invite_member(actor, email="new.colleague@example.com", role_id=role.pk, key=new_id().hex)


def _imports(business: Business, actor: Actor) -> None:
    faulty = [
        *MUG,
        classic(handle="vase", title="Vase", price="twelve", option="Title", value="Default Title"),
    ]
    for rows in (SHIRT, faulty):
        content = as_csv(rows)
        job = upload_file(actor, file=io.BytesIO(content), name="products.csv", size=len(content))
        check_job(actor, job_id=job.pk)
        work_through(job.pk, business.pk)
    content = b"Ware,Worth\nLamp,30\nVase,12\n"
    job = upload_file(actor, file=io.BytesIO(content), name="wholesaler.csv", size=len(content))
    check_job(actor, job_id=job.pk, mapping={"title": "Ware", "price": "Worth"}, save_as="Wholesaler")
    work_through(job.pk, business.pk)
    run_job(actor, job_id=job.pk)
    work_through(job.pk, business.pk)
    grid = Grid([_product("mug")])
    editor = Editor(grid)
    editor.apply(Rule("price_percent", "5", "0.99"), grid.products)
    preview_edit(actor, edits=editor.found(), label="Prices up by 5")
    content = as_csv(MUG)
    upload_file(actor, file=io.BytesIO(content), name="new season.csv", size=len(content))
    furnish_past(actor)


def _troubles(business: Business) -> None:
    stop_address(
        actor_of(business), channel="email", address="gone@example.com", note="Asked for it by telephone"
    )
    Message.objects.filter(pk__in=Message.objects.values("pk")[:1]).update(
        state="failed", error="550 No such mailbox"
    )
    event = OutboxEvent.objects.create(
        business_id=business.pk, name="tests.happened", version=1, owner="order:1", payload={"x": 1}
    )
    Delivery.objects.create(
        event=event, business_id=business.pk, subscriber="tests.subscriber", owner="order:1", state="dead",
        attempts=12, last_error="ValueError: no such account",
    )  # fmt: skip
