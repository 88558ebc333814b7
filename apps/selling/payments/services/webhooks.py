"""Messages of payment companies: verified over the raw body, counted once, applied at once."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Mapping
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from apps.kernel import audit, clock, metrics
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, lock_one
from apps.kernel.tenancy import bind
from apps.kernel.use_cases import use_case
from apps.platform.vault.services import note_use
from apps.selling.payments.models import ProviderAccount, WebhookReceipt
from apps.selling.payments.policies import RECONCILE, can_replay
from apps.selling.payments.providers import Account, ProviderFact, get_provider
from apps.selling.payments.providers.keeping import read_fact, write_fact
from apps.selling.payments.signatures import WebhookMalformed, WebhookRefused

from .credentials import account_for_message, secret_name
from .facts import record_fact

log = logging.getLogger(__name__)

# Two deliveries of one message at once: the second waits here for the first to commit, then finds it.
_CLAIM = """
    INSERT INTO payments_webhookreceipt
        (id, created_at, updated_at, business_id, provider, event_id, kind, body_sha256, received_at,
         times_received, outcome, fact)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 1, '', %s)
    ON CONFLICT (business_id, provider, event_id)
    DO UPDATE SET times_received = payments_webhookreceipt.times_received + 1
    RETURNING id
"""


def receive_webhook(
    *, provider_code: str, business_id: UUID, headers: Mapping[str, str], body: bytes, now: dt.datetime
) -> WebhookReceipt:
    """Verify a message and record what it says; a repeated one changes nothing. Returns its receipt.

    `headers` by lower-case name, `body` as it came over the wire. Raises `NotFound` for an unknown company,
    `WebhookRefused` (401) or `WebhookMalformed` (400) without a write; both leave a line in the log. A
    business that no longer offers the company still hears it: money may be on its way.
    """
    adapter = get_provider(provider_code)
    try:
        with bind(business_id):
            known = ProviderAccount.objects.filter(provider=provider_code).first()
        # An unknown business is answered like a wrong signature, so that nobody can try out ids.
        account = account_for_message(known, now) if known else Account(business_id)
        message_id = adapter.verify(account=account, headers=headers, body=body, now=now)
        try:
            fact = adapter.read_event(body)
        except (ValueError, TypeError, RecursionError) as error:
            raise WebhookMalformed() from error
    except WebhookRefused as refusal:
        log.warning(
            "Refused a message at the webhook of %s for business %s: %s",
            provider_code,
            business_id,
            refusal.code,
            extra={"provider": provider_code, "business": str(business_id), "reason": refusal.code},
        )
        metrics.WEBHOOKS.labels(provider_code, "refused").inc()
        raise
    actor = Actor.system(f"{provider_code} webhook", business_id)
    digest = hashlib.sha256(body).hexdigest()
    receipt = _take(actor, provider=provider_code, event_id=message_id, digest=digest, fact=fact)
    metrics.WEBHOOKS.labels(provider_code, str(receipt.outcome)).inc()
    if receipt.times_received == 1:
        # After the work, in its own transaction: the day's first messages must not wait for one another's note.
        note_use(
            actor, name=secret_name(provider_code, adapter.signed_with), purpose="check a message's signature"
        )
    return receipt


@use_case(
    audits=(
        "payments.captured",
        "payments.disputed",
        "payments.failed",
        "payments.refund_failed",
        "payments.refunded",
    )
)
def _take(actor: Actor, *, provider: str, event_id: str, digest: str, fact: ProviderFact) -> WebhookReceipt:
    if not _claim(actor, provider, event_id, digest, fact):
        return _seen_before(provider, event_id, digest)
    outcome, payment = record_fact(actor, provider=provider, fact=fact, learned_from="webhook")
    receipt: WebhookReceipt = WebhookReceipt.objects.get(provider=provider, event_id=event_id)
    receipt.outcome, receipt.payment = outcome, payment
    receipt.save(update_fields=["outcome", "payment", "updated_at"])
    return receipt


def _claim(actor: Actor, provider: str, event_id: str, digest: str, fact: ProviderFact) -> bool:
    """Whether this is the first delivery of the message."""
    receipt_id, now = new_id(), clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            [
                receipt_id,
                now,
                now,
                actor.business_id,
                provider,
                event_id,
                fact.raw_kind,
                digest,
                now,
                write_fact(fact),
            ],
        )
        (stored_id,) = cursor.fetchone()
    return bool(stored_id == receipt_id)


@use_case(
    permission=RECONCILE,
    idempotent=True,
    audits=(
        "payments.authorised",
        "payments.captured",
        "payments.disputed",
        "payments.failed",
        "payments.message_replayed",
        "payments.refund_failed",
        "payments.refunded",
    ),
)
def replay_message(actor: Actor, *, receipt_id: UUID, key: str | None = None) -> WebhookReceipt:
    """Apply what a message said once more, as if it came now: what it moved before it does not move again.

    For a message that came before what it is about was known. Raises `NotFound`, `WrongState` for one whose words were
    not kept.
    """
    receipt: WebhookReceipt = lock_one(Rank.ROOT, WebhookReceipt.objects.filter(pk=receipt_id))
    if not can_replay(actor, receipt):
        raise WrongState(
            _("What this message said was not kept."),
            remedy=_(
                "Send it again from the company's own pages, or ask the company on the page of the payment."
            ),
        )
    before = receipt.outcome
    system = Actor.system(f"{receipt.provider} webhook", receipt.business_id, actor.request_id)
    outcome, payment = record_fact(
        system, provider=receipt.provider, fact=read_fact(receipt.fact), learned_from="webhook"
    )
    receipt.outcome, receipt.payment, receipt.replayed_at = outcome, payment or receipt.payment, clock.now()
    receipt.save(update_fields=["outcome", "payment", "replayed_at", "updated_at"])
    audit.record(
        actor, "payments.message_replayed", receipt, before={"outcome": before}, after={"outcome": outcome}
    )
    return receipt


def _seen_before(provider: str, event_id: str, digest: str) -> WebhookReceipt:
    receipt: WebhookReceipt = WebhookReceipt.objects.get(provider=provider, event_id=event_id)
    if receipt.body_sha256 != digest:
        log.warning(
            "Message %s of %s came again with another body; the first one counts.", event_id, provider
        )
    return receipt
