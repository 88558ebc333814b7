"""Messages are kept as what they said, and applied again: once only, by who may, without the payer's words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound, PermissionRefused, WrongState
from apps.kernel.models import AuditEntry, OutboxEvent
from apps.platform.businesses.models import Business
from apps.selling.payments.admin.discrepancies import ADVICE
from apps.selling.payments.models import Capture, Discrepancy, Dispute, PaymentAttempt, WebhookReceipt
from apps.selling.payments.providers import DisputeWord, ProviderFact
from apps.selling.payments.providers.keeping import read_fact, write_fact
from apps.selling.payments.services import replay_message, start_attempt
from apps.selling.payments.services.facts import record_fact
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.payments import make_payment

from .companies.base import Company
from .companies.conftest import shop, there
from .companies.test_companies import begin, post

__all__ = ["shop", "there"]

pytestmark = pytest.mark.django_db
D = Decimal


def test_a_fact_is_read_as_it_was_written() -> None:
    moment = dt.datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=dt.UTC)
    word = DisputeWord(
        "du_1", Dispute.State.LOST, moment, moment, D("27.00"), "GBP", D("27.0"), D(15), "why", moment
    )
    for fact in (
        ProviderFact(
            "captured", "cs_1", "key", D("24.30"), "GBP", "pi_1", raw_kind="checkout.session.completed"
        ),
        ProviderFact("authorised", "cs_1", lapses_at=moment),
        ProviderFact("failed", "", reason="Ihre Karte \u2013 abgelehnt \x00"),
        ProviderFact("dispute", "", "", D("27.00"), "GBP", "pi_1", dispute=word),
    ):
        assert read_fact(write_fact(fact)) == fact
        assert str(read_fact(write_fact(fact)).amount) == str(fact.amount)


def test_a_message_that_came_too_early_is_applied_again_and_counts_once(
    shop: Business, there: Company, actor: Actor
) -> None:
    """The company tells of money before we know of the attempt; later it is known, and the message said again."""
    attempt = begin(shop, there)
    ref, key = attempt.provider_ref, attempt.pk
    there.pay(ref)
    PaymentAttempt.unscoped.filter(pk=key).update(provider_ref="not-known-yet", provider="another")
    assert post(shop, there, there.tell("paid", ref)).json()["outcome"] == "attention"
    receipt = WebhookReceipt.unscoped.get()
    assert Discrepancy.unscoped.get().kind == Discrepancy.Kind.UNKNOWN_REFERENCE
    assert replay_message(actor, receipt_id=receipt.pk).outcome == "attention"
    assert Discrepancy.unscoped.count() == 1

    PaymentAttempt.unscoped.filter(pk=key).update(provider_ref=ref, provider=there.code)
    done = replay_message(actor, receipt_id=receipt.pk)
    assert (done.outcome, done.payment_id) == ("applied", attempt.payment_id)
    for _again in range(2):
        assert replay_message(actor, receipt_id=receipt.pk).outcome == "nothing_new"
    assert Capture.unscoped.get().amount == D("24.30")
    assert OutboxEvent.objects.filter(name="payments.captured").count() == 1
    entered = AuditEntry.objects.filter(action="payments.message_replayed").order_by("pk")
    assert [entry.after["outcome"] for entry in entered] == [
        "attention",
        "applied",
        "nothing_new",
        "nothing_new",
    ]


def test_only_who_settles_money_applies_messages_and_only_ones_that_were_kept(
    shop: Business, other_business: Business, there: Company, actor: Actor, make_actor: object
) -> None:
    attempt = begin(shop, there)
    there.pay(attempt.provider_ref)
    post(shop, there, there.tell("paid", attempt.provider_ref))
    receipt = WebhookReceipt.unscoped.get()
    with pytest.raises(NotFound):
        replay_message(Actor.system("test", other_business.pk), receipt_id=receipt.pk)
    reader = Actor("user", None, "reader", shop.pk, permissions=frozenset({"payments.read"}))
    with pytest.raises(PermissionRefused):
        replay_message(reader, receipt_id=receipt.pk)
    WebhookReceipt.unscoped.update(fact="")
    with pytest.raises(WrongState):
        replay_message(actor, receipt_id=receipt.pk)


def test_the_pages_list_messages_and_apply_one_again(client: Client) -> None:
    business = make_business()
    system = Actor.system("test", business.pk)
    payment = make_payment(business)
    start_attempt(Actor.guest(business.pk), payment_id=payment.pk)
    attempt = PaymentAttempt.unscoped.get()
    fact = ProviderFact(
        "captured", attempt.provider_ref, str(attempt.pk), payment.amount, payment.currency, "c1"
    )
    receipt = WebhookReceipt.unscoped.create(
        business=business, provider=payment.provider, event_id="evt_1", kind="payment.captured", outcome="attention",
        body_sha256="0" * 64, fact=write_fact(fact),
    )  # fmt: skip
    sign_in(client, owner_of(business), business)
    address = reverse("admin:payments_webhookreceipt_changelist")
    assert "payment.captured" in client.get(address).content.decode()
    page = reverse("admin:payments_webhookreceipt_change", args=[receipt.pk])
    assert "Apply it again" in client.get(page).content.decode()
    verb = reverse("admin:verb", args=["payments", "webhookreceipt", receipt.pk, "replay"])
    assert client.post(verb).status_code == 302
    assert Capture.unscoped.get().amount == payment.amount
    assert payment.reference in client.get(f"{address}?tab=all").content.decode()
    sign_in(client, make_member(business, "support"), business)
    assert "Apply it again" not in client.get(page).content.decode()

    # What is about no payment of ours has a page as well, of every kind there is.
    assert set(ADVICE) == set(Discrepancy.Kind)
    now = clock.now()
    word = DisputeWord("du_9", Dispute.State.NEEDS_RESPONSE, now, now, D(5), "GBP")
    strange = ProviderFact("dispute", "", "", D(5), "GBP", "pi_nobody", dispute=word)
    record_fact(system, provider="stripe", fact=strange, learned_from="webhook")
    found = Discrepancy.unscoped.get(kind="unknown_dispute")
    sign_in(client, owner_of(business), business)
    told = client.get(reverse("admin:payments_discrepancy_change", args=[found.pk])).content.decode()
    assert "answer the dispute there" in told
