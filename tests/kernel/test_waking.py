"""Wake-up calls are hints: they must never keep anything else waiting."""

from __future__ import annotations

from typing import Any

import pytest

from apps.goods.imports import tasks as imports
from apps.goods.imports.wake import wake_importer
from apps.kernel import tasks as kernel
from apps.kernel import wake
from apps.selling.payments import tasks as payments
from apps.selling.sandboxpay import tasks as sandboxpay


@pytest.mark.parametrize(
    ("call", "module", "task", "job"),
    [
        (wake.wake_dispatcher, kernel, "dispatch_outbox", "kernel.dispatch_outbox"),
        (wake_importer, imports, "advance_imports", "imports.advance"),
        (sandboxpay.wake_delivery, sandboxpay, "deliver_due_events", "sandboxpay.deliver_due_events"),
        (payments.wake_refunds, payments, "send_due_refunds", "payments.send_due_refunds"),
    ],
)
def test_a_call_ends_when_the_scheduled_run_comes(
    settings: Any, monkeypatch: pytest.MonkeyPatch, call: Any, module: Any, task: str, job: str
) -> None:
    settings.OUTBOX_WAKE = True
    monkeypatch.setattr(wake, "_last_wake", 0.0)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(getattr(module, task), "apply_async", lambda **way: sent.append(way))
    call()
    assert sent == [{"retry": False, "expires": module.SCHEDULE[job]["every"].total_seconds()}]
