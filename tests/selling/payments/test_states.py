"""The state is a function of the facts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.selling.payments.states import ATTEMPT_MOVES, REFUND_MOVES, payment_state

D = Decimal


@pytest.mark.parametrize(
    ("captured", "refunded", "cancelled", "expired", "attempts", "state"),
    [
        (0, 0, False, False, [], "open"),
        (0, 0, False, False, ["failed", "redirected"], "open"),
        (0, 0, False, False, ["failed", "failed"], "failed"),
        (0, 0, True, False, ["failed"], "cancelled"),
        (0, 0, False, True, ["redirected"], "expired"),
        (0, 0, True, True, [], "cancelled"),
        (10, 0, True, False, ["succeeded"], "captured"),
        (10, 0, False, True, ["failed"], "captured"),
        (10, 4, False, False, ["succeeded"], "part_refunded"),
        (10, 10, False, False, ["succeeded"], "refunded"),
    ],
)
def test_facts_mean_a_state(
    captured: int, refunded: int, cancelled: bool, expired: bool, attempts: list[str], state: str
) -> None:
    assert (
        payment_state(
            captured=D(captured),
            refunded=D(refunded),
            is_cancelled=cancelled,
            is_expired=expired,
            attempt_states=attempts,
        )
        == state
    )


def test_success_is_final() -> None:
    assert not ATTEMPT_MOVES["succeeded"]
    assert not REFUND_MOVES["succeeded"]
