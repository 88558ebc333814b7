"""A filter that cannot be understood is refused, whichever list it stands at."""

from __future__ import annotations

import pytest

from .world import Caller, is_problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "products/?published=",
        "variants/?active=",
        "stock/?in_stock=",
        "customers/?accepts_marketing=",
        "accounts/?active=",
        "notifications/?unread=",
    ],
)
def test_yes_and_no_are_taken_and_other_words_are_not(staff: Caller, address: str) -> None:
    for word in ("true", "false", "1", "0", "TRUE", ""):
        assert staff.get(address + word).status_code == 200, word
    for word in ("perhaps", "2", "null", "-1", "%00"):
        is_problem(staff.get(address + word), 400)
