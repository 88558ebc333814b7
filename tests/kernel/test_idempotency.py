"""One key, one command, one result: in sequence, at once, after a crash, and never across tenants."""

from __future__ import annotations

import dataclasses

import pytest

from apps.kernel import idempotency
from apps.kernel.actors import Actor
from apps.kernel.errors import IdempotencyMismatch, InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.models import IdempotencyKey, OutboxEvent

from . import probe

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_second_call_gets_the_first_result(clerk: Actor) -> None:
    subject = new_id()
    first = probe.count(clerk, subject=subject, step=1, key="k1")
    assert not idempotency.was_replayed()
    assert probe.count(clerk, subject=subject, step=1, key="k1") == first
    assert idempotency.was_replayed()
    assert probe.counter("probe", clerk.business_id) == 1
    assert OutboxEvent.objects.count() == 1


def test_another_command_under_the_same_key_is_refused(clerk: Actor) -> None:
    subject = new_id()
    probe.count(clerk, subject=subject, step=1, key="k1")
    with pytest.raises(IdempotencyMismatch):
        probe.count(clerk, subject=subject, step=2, key="k1")


def test_fifty_at_once_do_it_once(clerk: Actor) -> None:
    subject = new_id()
    results = probe.at_once(50, lambda _i: probe.count(clerk, subject=subject, step=1, key="same"))
    assert all(result == {"number": 1, "step": 1} for result in results), results
    assert OutboxEvent.objects.count() == 1


def test_without_the_claim_fifty_would_do_it_fifty_times(
    clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = idempotency.claim
    monkeypatch.setattr(
        idempotency, "claim", lambda owner, service, key, said: claim(owner, service, str(new_id()), said)
    )
    subject = new_id()
    probe.at_once(8, lambda _i: probe.count(clerk, subject=subject, step=1, key="same"))
    assert OutboxEvent.objects.count() == 8


def test_a_failed_command_leaves_its_key_free(clerk: Actor) -> None:
    subject = new_id()
    with pytest.raises(RuntimeError):
        probe.count(clerk, subject=subject, step=1, fail=True, key="k1")
    assert not IdempotencyKey.objects.exists()
    assert probe.count(clerk, subject=subject, step=1, key="k1")["number"] == 1


def test_a_lost_answer_is_healed_by_the_retry(clerk: Actor) -> None:
    """The work committed, the answer never arrived: the retry under the key finds the result."""
    subject = new_id()
    probe.count(clerk, subject=subject, step=1, key="k1")
    retried = probe.count(dataclasses.replace(clerk, request_id="second"), subject=subject, step=1, key="k1")
    assert retried == {"number": 1, "step": 1}


def test_another_tenants_key_never_matches(clerk: Actor) -> None:
    subject = new_id()
    probe.count(clerk, subject=subject, step=1, key="k1")
    other = dataclasses.replace(clerk, business_id=new_id())
    assert probe.count(other, subject=subject, step=1, key="k1")["number"] == 1
    assert OutboxEvent.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 201, "with\nnewline", "nul\x00"])
def test_absurd_keys_are_refused(clerk: Actor, key: str) -> None:
    with pytest.raises(InvalidInput):
        probe.count(clerk, subject=new_id(), step=1, key=key)
    assert not OutboxEvent.objects.exists()
