"""Price lists: read in one statement, right at every boundary, the same on pages, in carts and orders."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.test import Client

from apps.goods.catalog.models import Product
from apps.goods.catalog.services import (
    create_category,
    create_collection,
    set_collection_products,
    update_product,
)
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, StaleQuote
from apps.people.customers.services import update_customer
from apps.platform.businesses.models import Business
from apps.selling.checkout.services import quote_cart
from apps.selling.orders.drafts import Contact
from apps.selling.pricing.models import PriceListEntry
from apps.selling.pricing.resolving import Buyer, Want, resolve, shown_prices
from apps.selling.pricing.services import (
    change_list,
    refresh_kept_prices,
    remove_entries,
    save_list,
    set_entries,
    use_list,
)
from apps.selling.pricing.services.entries import EntryDraft
from tests.factories.businesses import make_user
from tests.factories.customers import make_customer
from tests.factories.goods import make_product, make_variant, variants_of
from tests.factories.orders import QUAY, lines_of, make_cart, make_order, make_rate, submit

from .reference import Line, Sheet, Thing, price

pytestmark = pytest.mark.django_db
D = Decimal
NOON = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(microseconds=1)


def put(actor: Actor, name: str, level: str, *entries: EntryDraft, **fields: Any) -> Any:
    row = save_list(actor, name=name, level=level, **fields)
    set_entries(actor, list_id=row.pk, entries=entries)
    return row


def off(percent: str, **target: Any) -> EntryDraft:
    return EntryDraft(kind="percent", percent=D(percent), **target)


def now(business: Business, variant: Any, quantity: int = 1, *, at: dt.datetime = NOON, **who: Any) -> Any:
    channel = who.pop("channel", "storefront")
    business.refresh_from_db()
    (found,) = resolve(
        business, [Want(1, variant, quantity)], channel=channel, buyer=Buyer(**who) if who else None, at=at
    )
    return found


def test_one_statement_and_the_same_as_the_slow_reference(
    business: Business, actor: Actor, other_business: Business, django_assert_num_queries: Any
) -> None:
    chance = random.Random(7)
    home = create_category(actor, name="Home")
    cups = create_category(actor, name="Cups", parent_id=home.pk)
    apart = create_category(actor, name="Homeware")
    products = [
        make_product(
            business, title=f"Thing {n}", price="12.35", option="Size", values=["S", "M"], category_id=c
        )
        for n, c in enumerate([home.pk, cups.pk, apart.pk, None])
    ]
    picked = create_collection(actor, name="Picked")
    set_collection_products(actor, collection_id=picked.pk, product_ids=[products[1].pk, products[3].pk])
    variants = [variant for product in products for variant in variants_of(product)]
    buyers = [make_customer(business, email=f"{n}@example.com") for n in "ab"]
    with tenancy.bind(business.pk):
        update_customer(actor, customer_id=buyers[0].pk, changes={"tags": ["Trade"]})
    make_variant(other_business, title="Elsewhere")
    targets: list[tuple[str, Any]] = [("variant", variant.pk) for variant in variants]
    targets += [("product", product.pk) for product in products]
    targets += [("category", one.pk) for one in (home, cups, apart)] + [
        ("collection", picked.pk),
        ("all", None),
    ]
    sheets = []
    for number in range(24):
        level = ["contract", "customer", "segment", "channel", "sale"][number % 5]
        start = chance.choice([None, NOON - dt.timedelta(days=1), NOON, NOON + SECOND])
        sheet = Sheet(
            level, f"List {number}", [], chance.choice(buyers).pk if number % 5 < 2 else None,
            "TRADE" if level == "segment" else "",
            ["storefront", "api"] if level == "channel" else chance.choice([[], [], ["wholesale"]]),
            chance.randint(-1, 1), start, chance.choice([None, NOON + dt.timedelta(days=1)]), number != 20,
        )  # fmt: skip
        places = chance.sample([(t, q) for t in targets for q in (1, 5)], 3)
        for target, least in places:
            kind = chance.choice(["fixed", "percent", "volume"])
            sheet.entries.append(Line(target, kind, D(chance.randint(0, 9_999)) / 100, least))
        sheets.append(sheet)
        row = put(
            actor, sheet.name, level,
            *[
                EntryDraft(
                    kind=line.kind, min_quantity=line.least,
                    price=line.figure if line.kind == "fixed" else None,
                    percent=None if line.kind == "fixed" else line.figure,
                    **({} if line.target[0] == "all" else {f"{line.target[0]}_id": line.target[1]}),
                )
                for line in sheet.entries
            ],
            customer_id=sheet.customer, segment=sheet.segment, channels=sheet.channels, priority=sheet.priority,
            valid_from=sheet.start, valid_to=sheet.end,
        )  # fmt: skip
        if not sheet.active:
            use_list(actor, list_id=row.pk, active=False)
    branches = {home.pk: [home.pk], cups.pk: [home.pk, cups.pk], apart.pk: [apart.pk], None: []}
    things = []
    for variant in variants:
        product = next(one for one in products if one.pk == variant.product_id)
        lies_in = [picked.pk] if product in (products[1], products[3]) else []
        things.append(
            Thing(variant.pk, product.pk, variant.price, None, branches[product.category_id], lies_in)
        )
    business.refresh_from_db()
    levels = set()
    for buyer, customer, tags in (
        (None, None, []), (Buyer(customer_id=buyers[0].pk), buyers[0].pk, ["Trade"]),
        (Buyer(email=" B@example.com "), buyers[1].pk, []), (Buyer(tier="trade"), None, ["trade"]),
    ):  # fmt: skip
        for channel in ("storefront", "wholesale"):
            for at in (NOON, NOON + SECOND, NOON + dt.timedelta(days=1), NOON - dt.timedelta(days=2)):
                for quantity in (1, 5):
                    wants = [Want(variant.pk, variant, quantity) for variant in variants]
                    with django_assert_num_queries(1):
                        found = resolve(business, wants, channel=channel, buyer=buyer, at=at)
                    for thing, got in zip(things, found, strict=True):
                        want = price(sheets, thing, quantity, customer, tags, channel, at)
                        won = next(step.level for step in got.steps if step.won and step.level != "volume")
                        assert (got.unit_price, got.compare_at, got.line_discount, won) == want
                        levels.add(won)
    assert levels == {"contract", "customer", "segment", "channel", "sale", "base"}


def test_windows_are_half_open_and_cost_nothing_without_lists(
    business: Business, actor: Actor, django_assert_num_queries: Any
) -> None:
    mug = make_variant(business)
    with django_assert_num_queries(0):
        resolve(business, [Want(1, mug, 1)], channel="storefront", buyer=Buyer(email="a@b.c"), at=NOON)
        assert shown_prices(business, [mug.product_id], buyer=None, at=NOON) == []
    end = NOON + dt.timedelta(hours=1)
    row = put(actor, "Sale", "sale", off("25"), valid_from=NOON, valid_to=end)
    for at, amount, was in (
        (NOON - SECOND, "12", None), (NOON, "9", D(12)), (end - SECOND, "9", D(12)), (end, "12", None),
    ):  # fmt: skip
        found = now(business, mug, at=at)
        assert (found.unit_price, found.compare_at) == (D(amount), was)
    # Lines of one item count together for a quantity's price.
    put(actor, "Six", "sale", EntryDraft(variant_id=mug.pk, price=D(7), min_quantity=6), priority=1)
    both = resolve(business, [Want(1, mug, 2), Want(2, mug, 4)], channel="storefront", buyer=None, at=end)
    assert [one.unit_price for one in both] == [7, 7]
    # What lists sort by follows at the boundary, also after the product was changed.
    with clock.travel(NOON):
        refresh_kept_prices(actor)
        assert kept(mug) == (9, 9, 12)
        with tenancy.bind(business.pk):
            update_product(actor, product_id=mug.product_id, title="Green mug")
        assert kept(mug) == (12, 12, None)
        assert refresh_kept_prices(actor) == 1
        assert kept(mug) == (9, 9, 12)
    with clock.travel(end):
        assert refresh_kept_prices(actor) == 1
        assert kept(mug) == (12, 12, None)
        assert refresh_kept_prices(actor) == 0
    remove_entries(actor, list_id=row.pk, entry_ids=[entries(row)[0].pk])
    assert entries(row) == []


def kept(variant: Any) -> tuple[Any, ...]:
    with tenancy.bind(variant.business_id):
        product = Product.objects.get(pk=variant.product_id)
    return product.min_price, product.max_price, product.compare_at_price


def entries(row: Any) -> list[PriceListEntry]:
    with tenancy.bind(row.business_id):
        return list(PriceListEntry.objects.filter(price_list=row))


def test_what_is_refused_here_and_by_the_database(
    business: Business, other_business: Business, actor: Actor, make_actor: Any
) -> None:
    mug, foreign = make_variant(business), make_variant(other_business)
    row = put(actor, "Sale", "sale", EntryDraft(variant_id=mug.pk, price=D(9)))
    again = {"name": "Other", "level": "sale"}
    for fields, at in (
        ({"level": "secret"}, "level"), ({"name": " "}, "name"), ({"level": "contract"}, "customer_id"),
        ({"level": "segment"}, "segment"), ({"level": "channel"}, "channels"), ({"channels": ["moon"]}, "channels"),
        ({"valid_from": NOON, "valid_to": NOON}, "valid_to"), ({"priority": 2000}, "priority"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            save_list(actor, **{**again, **fields})
        assert list(refused.value.fields) == [at]
    with pytest.raises(Conflict):
        save_list(actor, name="Sale", level="sale")
    with pytest.raises(InvalidInput):
        change_list(actor, list_id=row.pk, changes={"level": "channel", "channels": ["api"]})
    for draft in (
        EntryDraft(price=D(-1)), EntryDraft(price=D("0.00001")), EntryDraft(), EntryDraft(price=D(1), percent=D(1)),
        off("100.01"), off("-1"), off("0.001"), off("NaN"), EntryDraft(price=D(1), min_quantity=0),
        EntryDraft(price=D(1), kind="gift"), EntryDraft(price=D(1), variant_id=mug.pk, product_id=mug.product_id),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match="Line 2"):
            set_entries(actor, list_id=row.pk, entries=[off("1"), draft])
    with pytest.raises(NotFound):
        set_entries(actor, list_id=row.pk, entries=[EntryDraft(variant_id=foreign.pk, price=D(1))])
    assert [entry.price for entry in entries(row)] == [D(9)]
    with tenancy.bind(business.pk):
        for wrong in (
            {"price": D(-1)},
            {"percent": D(101), "price": None, "kind": "percent"},
            {"min_quantity": 0},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                PriceListEntry.objects.filter(price_list=row).update(**wrong)
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(valid_from=NOON, valid_to=NOON)


def test_every_page_and_paper_says_one_price(
    client: Client, business: Business, actor: Actor, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.BUSINESS_CACHE_SECONDS = 0
    branch = create_category(actor, name="Cups")
    mug = make_variant(business, title="Blue mug", price="12.00", stock=50, category_id=branch.pk)
    moment = clock.now()
    put(
        actor, "Spring sale", "sale", off("20"), EntryDraft(kind="volume", percent=D(10), min_quantity=5),
        valid_from=moment - dt.timedelta(days=1), valid_to=moment + dt.timedelta(days=1),
    )  # fmt: skip
    ann = make_customer(business, email="ann@example.com")
    put(
        actor,
        "Ann's contract",
        "contract",
        EntryDraft(variant_id=mug.pk, price=D("10.50")),
        customer_id=ann.pk,
    )
    outbox.drain()
    slug = f"/store/{business.slug}/"
    for path, most in (
        ("products/", 9),
        (f"products/{mug.product.slug}/", 7),
        ("suggest/?q=mug", 3),
        ("", 9),
    ):
        client.get(slug + path)
        with django_assert_max_num_queries(most):
            page = client.get(slug + path).content.decode()
        assert "£9.60" in page, path
        assert "£12.00" in page or path.startswith("suggest"), path
    listed = client.get(f"/api/v1/stores/{business.slug}/products/").json()["results"][0]
    assert (listed["min_price"], listed["compare_at_price"]) == ("9.60", "12.00")
    one = client.get(f"/api/v1/stores/{business.slug}/products/{mug.product.slug}/").json()["variants"][0]
    assert (one["price"], one["compare_at_price"]) == ("9.60", "12.00")
    # 5 × 9.60 = 48.00, less 10 %: 43.20, and delivery 3.00 or whatever the order has.
    order = make_order(business, lines=[(mug, 5)], contact=Contact(email="eve@example.com", name="Eve"))
    (line,) = lines_of(order)
    assert (line.unit_price, line.subtotal, line.discount, line.gross) == (
        D("9.60"),
        D(48),
        D("4.80"),
        D("43.20"),
    )
    hers = make_order(business, lines=[(mug, 5)], contact=Contact(email="ann@example.com", name="Ann"))
    (line,) = lines_of(hers)
    assert (line.unit_price, line.discount) == (D("10.50"), D("5.25"))
    # Whoever signs in with the confirmed address sees and pays her own price; with any other one, not.
    user = make_user("ann@example.com")
    for confirmed, seen in ((False, "£9.60"), (True, "£10.50")):
        EmailAddress.objects.filter(user=user).update(verified=confirmed)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(f"{slug}products/{mug.product.slug}/").content.decode()
        assert seen in page
    client.post(f"{slug}cart/add/", {"product": mug.product.slug, "quantity": "1"})
    assert "£10.50" in client.get(f"{slug}cart/").content.decode()


def test_a_sale_that_ends_between_quote_and_order_is_asked_again(business: Business, actor: Actor) -> None:
    """The buyer never pays what the page did not say: see also `StaleQuote` in checkout."""
    mug = make_variant(business, stock=5)
    row = put(actor, "Sale", "sale", off("50"))
    cart = make_cart(business, [(mug, 1)])
    make_rate(business)
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    assert D(quote.snapshot["subtotal"]) == 6
    use_list(actor, list_id=row.pk, active=False)
    with pytest.raises(StaleQuote) as stale:
        submit(business, cart, quote.pk)
    changed = stale.value.context["changes"]
    assert ("price", D(6), D(12)) in [(one["what"], one["before"], one["after"]) for one in changed]
