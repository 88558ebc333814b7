"""Paying in the demo's year: the sandbox company is asked in this process instead of over HTTP.

The same adapter speaks to the same company, so demo payments can be refunded later like any other. The payer pays
and the shop is not told; it finds out by asking, as it would after a lost message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.test import RequestFactory
from django.urls import resolve

from apps.goods.inventory.lines import Owner
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.selling.orders.models import Order
from apps.selling.payments.models import Refund
from apps.selling.payments.providers import http
from apps.selling.payments.services import refresh_payment, request_payment, send_refund, start_attempt
from apps.selling.payments.states import PENDING_REFUNDS
from apps.selling.sandboxpay import services as company
from apps.selling.sandboxpay.models import SandboxSession

_requests = RequestFactory()


@contextmanager
def company_in_this_process() -> Iterator[None]:
    """Answer the adapter's calls without a network."""
    over_the_wire = http.call
    http.call = _answer
    try:
        yield
    finally:
        http.call = over_the_wire


def _answer(
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    body: dict[str, Any] | None = None,
    content: bytes | None = None,
) -> dict[str, Any]:
    path = urlsplit(url).path
    request = _requests.generic(
        method, path, data=content or json.dumps(body or {}), content_type="application/json", headers=headers
    )
    match = resolve(path)
    response = match.func(request, *match.args, **match.kwargs)
    if response.status_code >= 400:
        raise RuntimeError(f"The sandbox company answered {response.status_code}: {response.content!r}")
    answer: dict[str, Any] = json.loads(response.content)
    return answer


def ask_for(actor: Actor, order: Order) -> UUID:
    """Ask for the payment of an order; returns the payment's id."""
    payment = request_payment(
        actor,
        owner=Owner("order", order.pk),
        reference=order.number,
        amount=order.total,
        currency=order.currency,
        provider="sandbox",
        return_url=f"{settings.PUBLIC_BASE_URL}/store/",
        expires_at=order.expires_at,
    )
    return payment.pk


def pay(actor: Actor, payment_id: UUID) -> None:
    """The buyer goes to the company's page, pays, and the shop learns of it."""
    redirect = start_attempt(actor, payment_id=payment_id)
    session = SandboxSession.objects.get(reference=str(redirect.attempt_id))
    company.pay(company.COMPANY, session_id=session.pk, copies=0)
    refresh_payment(actor, payment_id=payment_id)


def confirm_refunds(actor: Actor) -> None:
    """Send the refunds that wait and record the company's answer."""
    due = Refund.objects.filter(state__in=PENDING_REFUNDS, send_next_at__lte=clock.now())
    for refund_id in due.values_list("pk", flat=True):
        send_refund(actor, refund_id=refund_id)
