"""A company that keeps us waiting: nobody else waits with us."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection, connections

from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.selling.payments.services import refresh_payment, request_refund, start_attempt
from apps.selling.payments.tasks import send_due_refunds
from tests.factories.payments import make_payment
from tests.owner import owners_rights

from .base import Company

pytestmark = pytest.mark.django_db(transaction=True)
_HELD = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IN ('idle in transaction', 'active')
    AND backend_type = 'client backend'
"""


def test_no_call_is_made_inside_a_transaction(shop: Business, there: Company, actor: Actor) -> None:
    held: list[int] = []

    def look() -> None:
        try:
            # The application's role is shown no other session's state, and would count none.
            with owners_rights(), connection.cursor() as cursor:
                cursor.execute(_HELD)
                held.append(cursor.fetchone()[0])
        finally:
            connections.close_all()

    there.during = look
    guest = Actor.guest(shop.pk)
    payment = make_payment(shop, provider=there.code, currency=there.currency)
    start_attempt(guest, payment_id=payment.pk)
    (ref,) = there.pages
    there.pay(ref)
    refresh_payment(guest, payment_id=payment.pk)
    request_refund(actor, payment_id=payment.pk, amount=Decimal("4.30"))
    send_due_refunds()

    assert len(held) == len(there.asked) >= 4
    assert set(held) == {0}
    assert len(there.moved_back) == 1
