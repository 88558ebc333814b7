"""Telling the shops: claim, send outside of any transaction, record; again until it is taken."""

from __future__ import annotations

import datetime as dt
import logging

import urllib3

from apps.kernel import clock

from . import services
from .models import SandboxEvent
from .signing import forged_secret, signed_headers

log = logging.getLogger(__name__)

RETRY_AFTER = tuple(
    dt.timedelta(seconds=seconds) for seconds in (5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
LEASE = dt.timedelta(seconds=60)
_pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=2.0, read=10.0))


def deliver_due(limit: int = 100) -> int:
    """Send each due message once; returns how many this worker took."""
    services.complete_slow_payments(services.COMPANY)
    due = SandboxEvent.objects.filter(state=SandboxEvent.State.PENDING, due_at__lte=clock.now())
    taken = 0
    for event_id in list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:limit]):
        event = services.claim_event(event_id, LEASE)
        if event is not None:
            _send(event)
            taken += 1
    return taken


def _send(event: SandboxEvent) -> None:
    body = event.body.encode()
    secret = forged_secret() if event.forged else event.session.webhook_secret
    headers = signed_headers(secret, event.event_id, int(clock.now().timestamp()), body)
    try:
        answer = _pool.request("POST", event.session.webhook_url, body=body, headers=headers, redirect=False)
        event.last_status, event.last_error = answer.status, ""
    except (urllib3.exceptions.HTTPError, OSError) as error:
        event.last_status, event.last_error = None, str(error)[:300]
    _record(event)


def _record(event: SandboxEvent) -> None:
    status = event.last_status
    event.leased_until = None
    if status is not None and 200 <= status < 300:
        event.state = SandboxEvent.State.DELIVERED
    elif event.forged and status is not None:
        # A forger does not insist, and the shop was right.
        event.state = SandboxEvent.State.REFUSED
    elif event.attempts > len(RETRY_AFTER):
        event.state = SandboxEvent.State.GIVEN_UP
        log.warning("Gave up telling %s about %s", event.session.webhook_url, event.event_id)
    else:
        event.due_at = clock.now() + RETRY_AFTER[event.attempts - 1]
    event.save(update_fields=["state", "leased_until", "due_at", "last_status", "last_error", "updated_at"])
