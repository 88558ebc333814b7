"""Lists as people paste them, and marks of where buyers came from: without a database."""

from __future__ import annotations

import datetime as dt

import pytest

from apps.kernel import clock
from apps.kernel.errors import InvalidInput
from apps.selling.checkout.attribution import read_attribution, sign_attribution
from apps.selling.checkout.lists import MOST_LINES, read_list


def test_every_line_of_a_list_is_answered() -> None:
    text = 'sku,quantity\nTEA-01 2\n\nCUP 03\t12\nJAM;3;ignored\n"A, B",4\nPOT x7\nALONE\nTEA 0\nTEA-02, many\n,5\n'
    found = [(one.number, one.sku, one.quantity, bool(one.problem)) for one in read_list(text)]
    assert found == [
        (2, "TEA-01", 2, False),
        (4, "CUP 03", 12, False),
        (5, "JAM", 3, False),
        (6, "A, B", 4, False),
        (7, "POT", 7, False),
        (8, "ALONE", 1, False),
        (9, "TEA", 0, True),
        (10, "TEA-02", 0, True),
        (11, "", 0, True),
    ]
    long = read_list("A 1\n" * (MOST_LINES + 2))
    assert ([bool(one.problem) for one in long[-3:]], len(long)) == ([False, True, True], MOST_LINES + 2)


def test_a_mark_is_believed_only_as_it_was_signed_and_not_for_ever() -> None:
    token = sign_attribution({"source": "newsletter", "campaign": " Spring  tea ", "medium": ""})
    assert read_attribution(token) == {"source": "newsletter", "campaign": "Spring tea"}
    assert [read_attribution(one) for one in (None, "", token[:-1], "x" + token, "a" * 601)] == [{}] * 5
    with clock.travel(dt.timedelta(days=91)):
        assert read_attribution(token) == {}
    wrong = [
        ({"source": "x" * 61}, None),
        ({"colour": "red"}, None),
        ({}, clock.now() + dt.timedelta(days=401)),
    ]
    for given, ends in wrong:
        with pytest.raises(InvalidInput):
            sign_attribution(given, expires_at=ends)
