"""The back office's pages of payments, through the browser's door."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.selling.payments.models import Discrepancy, Payment, ProviderAccount, Refund
from apps.selling.payments.services import request_refund
from apps.selling.payments.tasks import send_due_refunds
from tests.factories.businesses import make_business, make_member, sign_in
from tests.factories.payments import (
    ScriptedProvider,
    make_attempt,
    make_payment,
    message,
    post_webhook,
    secret_of,
)


@pytest.fixture
def shop(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(shop: Business) -> Client:
    return sign_in(Client(), make_member(shop, "owner"), shop)


def paid(shop: Business, **fields: Any) -> Payment:
    attempt = make_attempt(shop, **fields)
    for _time in range(3):
        post_webhook(shop, message(attempt), event_id=f"evt_{attempt.pk.hex}")
    return Payment.unscoped.get(pk=attempt.payment_id)


def test_the_list_says_what_is_reconciled(shop: Business, staff: Client) -> None:
    paid(shop, reference="Order 1042")
    text = staff.get(reverse("admin:payments_payment_changelist"), {"tab": "all"}).content.decode()
    assert "Reconciled: <strong>1</strong>" in text
    assert "Unreconciled: <strong>0</strong>" in text
    assert "Order 1042" in text


def test_tabs_hold_what_they_say(shop: Business, staff: Client, company: ScriptedProvider) -> None:
    paid(shop, reference="Captured one")
    make_payment(shop, reference="Open one")
    strange = make_attempt(shop, reference="Strange one")
    post_webhook(shop, message(strange, amount="1.00"))
    back = paid(shop, reference="Refunded one")
    request_refund(Actor.system("t", shop.pk), payment_id=back.pk, amount=back.amount)
    send_due_refunds()
    expected = {
        "attention": {"Strange one"},
        "captured": {"Captured one"},
        "open": {"Open one", "Strange one"},
        "refunded": {"Refunded one"},
        "all": {"Captured one", "Open one", "Strange one", "Refunded one"},
    }
    for tab, names in expected.items():
        text = staff.get(reverse("admin:payments_payment_changelist"), {"tab": tab}).content.decode()
        assert {name for name in expected["all"] if name in text} == names, tab


def test_one_payment_tells_its_tale(shop: Business, staff: Client) -> None:
    payment = paid(shop)
    text = staff.get(reverse("admin:payments_payment_change", args=[payment.pk])).content.decode()
    for words in ("£24.30", "payment.captured", "came 3 times and counted once", "came in"):
        assert words in text


def test_a_refused_refund_is_sent_again(shop: Business, staff: Client, company: ScriptedProvider) -> None:
    payment = paid(shop)
    request_refund(Actor.system("t", shop.pk), payment_id=payment.pk, amount=Decimal("5.00"))
    company.refund_answer = "refund_failed"
    send_due_refunds()
    refund = Refund.unscoped.get()
    assert "Send again" in staff.get("/admin/").content.decode()
    address = reverse("admin:verb", args=["payments", "refund", refund.pk, "retry"])
    assert "£5.00" in staff.get(address).content.decode()

    answer = staff.post(address, {"idempotency_key": "k1"})

    assert answer.status_code == 302
    refund.refresh_from_db()
    assert (refund.state, refund.round) == ("requested", 2)


def test_strange_money_is_settled_with_a_note(shop: Business, staff: Client) -> None:
    attempt = make_attempt(shop)
    post_webhook(shop, message(attempt, amount="1.00"))
    found = Discrepancy.unscoped.get()
    listed = staff.get(reverse("admin:payments_discrepancy_changelist")).content.decode()
    assert "Another amount than asked for" in listed
    address = reverse("admin:verb", args=["payments", "discrepancy", found.pk, "settle"])
    assert staff.post(address, {"note": "", "idempotency_key": "k1"}).status_code in (200, 400)
    staff.post(address, {"note": "Sent back by hand.", "idempotency_key": "k2"})
    found.refresh_from_db()
    assert found.resolved_at is not None
    assert found.note == "Sent back by hand."


def test_the_new_secret_is_shown_once(shop: Business, staff: Client) -> None:
    old = secret_of(shop, "sandbox")
    address = reverse("admin:payments_rotate_secret", args=["sandbox"])
    assert "whsec_" not in staff.get(address).content.decode()
    answer = staff.post(address)
    new = secret_of(shop, "sandbox")
    assert new != old
    assert new in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert new not in staff.get(address).content.decode()


def test_switching_a_method_off(shop: Business, staff: Client) -> None:
    secret_of(shop, "sandbox")
    account = ProviderAccount.unscoped.get(provider="sandbox")
    address = reverse("admin:verb", args=["payments", "provideraccount", account.pk, "switch-off"])
    assert staff.post(address, {"idempotency_key": "k"}).status_code == 302
    account.refresh_from_db()
    assert not account.active


def test_who_may_see_and_change(shop: Business) -> None:
    secret_of(shop, "sandbox")
    account = ProviderAccount.unscoped.get(provider="sandbox")
    seller = sign_in(Client(), make_member(shop, "sales"), shop)
    keeper = sign_in(Client(), make_member(shop, "stock_keeper"), shop)
    payments = reverse("admin:payments_payment_changelist")
    assert seller.get(payments).status_code == 200
    assert keeper.get(payments).status_code == 403
    for address in (
        reverse("admin:payments_rotate_secret", args=["sandbox"]),
        reverse("admin:payments_provideraccount_changelist"),
        reverse("admin:verb", args=["payments", "provideraccount", account.pk, "switch-off"]),
    ):
        assert seller.get(address).status_code == 403
        assert seller.post(address).status_code in (403, 405)
    account.refresh_from_db()
    assert account.active


def test_another_business_payment_does_not_exist(shop: Business, staff: Client) -> None:
    other = make_business("Elsewhere")
    payment = paid(other)
    assert staff.get(reverse("admin:payments_payment_change", args=[payment.pk])).status_code == 404


@pytest.mark.parametrize("page", ["payments_payment", "payments_refund", "payments_discrepancy"])
def test_lists_ask_the_same_number_of_queries_for_any_number_of_rows(
    shop: Business, staff: Client, page: str, company: ScriptedProvider
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    address = reverse(f"admin:{page}_changelist") + "?tab=all"
    counts = []
    company.refund_answer = "refund_failed"
    for rows in (1, 9):
        for _row in range(rows):
            payment = paid(shop)
            request_refund(Actor.system("t", shop.pk), payment_id=payment.pk, amount=Decimal("5.00"))
            post_webhook(shop, message(make_attempt(shop), amount="1.00"))
        send_due_refunds()
        staff.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert staff.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
