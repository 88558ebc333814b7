"""Many buyers at a card's last cent: it is spent once."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection

from apps.platform.businesses.models import Business
from apps.selling.checkout.models import Checkout
from apps.selling.checkout.services import quote_cart
from apps.selling.credit.models import CreditAccount, CreditEntry
from apps.selling.credit.services import issue_credit, moving
from apps.selling.orders.drafts import Contact
from apps.selling.orders.models import Order
from tests.factories.businesses import actor_of
from tests.factories.goods import make_variant
from tests.factories.orders import QUAY, make_cart, submit, system_of
from tests.goods.inventory.crowd import at_once
from tests.owner import owners_rights

D = Decimal


def on_card(account: CreditAccount) -> Decimal:
    return CreditAccount.unscoped.get(pk=account.pk).balance


@pytest.fixture
def last_cent(shop: Business):
    variant = make_variant(shop, price="20.00", stock=1000)

    def crowd(size: int) -> tuple[CreditAccount, Counter[str]]:
        """Buyers who all hold the code of a card with one cent on it, and submit at once."""
        card = issue_credit(actor_of(shop), amount=D("0.01"), reason="The last cent")
        carts = [make_cart(shop, [(variant, 1)]) for _n in range(size)]
        quotes = [quote_cart(system_of(shop), cart_id=cart.pk, address=QUAY).pk for cart in carts]
        work = [
            partial(
                submit, shop, cart, quote, contact=Contact(email=f"{quote}@example.com"),
                credit_ids=[card.pk], credit_agreed=D("0.01"),
            )
            for cart, quote in zip(carts, quotes, strict=True)
        ]  # fmt: skip
        return card, Counter(type(one).__name__ for one in at_once(work, threads=16))

    return crowd


@pytest.mark.django_db(transaction=True)
def test_fifty_buyers_at_a_cards_last_cent(shop: Business, last_cent: Any) -> None:
    card, results = last_cent(50)
    assert results == {"Checkout": 1, "Conflict": 49}
    assert on_card(card) == 0
    assert CreditEntry.unscoped.filter(account=card, kind="redeemed").count() == 1
    assert Order.unscoped.count() == Checkout.unscoped.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.mutation
def test_without_lock_and_check_the_cent_goes_twice(
    shop: Business, last_cent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proof that the crowd is a crowd: balances as they were read before locking, and no CHECK."""

    def unlocked(rank: Any, rows: Any) -> list[Any]:
        return list(rows)

    monkeypatch.setattr(moving, "lock", unlocked)
    name, table = "credit_balance_never_negative", "credit_creditaccount"
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    try:
        for _round in range(5):
            card, results = last_cent(16)
            if results["Checkout"] > 1:
                assert on_card(card) < 0
                return
        pytest.fail("the crowd was too tame to prove anything")
    finally:
        with owners_rights(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE credit_creditaccount, credit_creditentry, credit_creditchoice CASCADE")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
