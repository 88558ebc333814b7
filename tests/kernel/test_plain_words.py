"""Whoever reads what was done or told reads words; each code has its own, and none that reads like a code."""

from __future__ import annotations

import re
from typing import Any

import pytest

from apps.kernel.audit_coverage import SENSITIVE
from apps.kernel.events import handlers_of, registered_events
from apps.kernel.plain_words import ACTIONS, EVENTS, find_actions, say_action, say_event, say_receiver

from .audit_reach import services
from .test_audit_coverage import BY_THE_KERNEL

ENTERED = {action for service in services().values() for action in service.audits} | BY_THE_KERNEL
TOLD = {name for name, _version in registered_events() if not name.startswith("probe.")}
CODE = re.compile(r"[._/]|\b(id|uuid|webhook|payload|sku|hsn|cron|null)\b", re.IGNORECASE)


def reads_badly(code: str, words: str) -> bool:
    """Whether words are a code, or no sentence of its own: too short, without a capital, with a full stop."""
    echo = re.split(r"[._]", code)
    said = re.findall(r"[a-z]+", words.lower())
    return not words[:1].isupper() or bool(CODE.search(words)) or words == code or said == echo


def test_each_entry_has_words_and_no_words_are_left_over() -> None:
    assert len(ENTERED) > 300
    assert set(ACTIONS) == ENTERED, "say it in apps/kernel/plain_words"


def test_each_event_has_words_and_no_words_are_left_over() -> None:
    assert len(TOLD) > 70
    assert {name for name in EVENTS if name not in TOLD} == set()
    assert {name for name in TOLD if name not in EVENTS} == set(), (
        "say it in apps/kernel/plain_words/events.py"
    )


@pytest.mark.parametrize("table", [ACTIONS, EVENTS])
def test_no_words_read_like_a_code(table: dict[str, Any]) -> None:
    assert {code: str(words) for code, words in table.items() if reads_badly(code, str(words))} == {}


def test_words_that_read_like_a_code_are_found() -> None:
    for words in (
        "team.invited",
        "Team invited",
        "team was invited",
        "Webhook came",
        "Team_invited by somebody",
    ):
        assert reads_badly("team.invited", words)


def test_two_actions_of_one_subject_are_told_apart() -> None:
    for name in SENSITIVE:
        words = [str(said) for code, said in ACTIONS.items() if code.startswith(f"{name}.")]
        assert len(words) == len(set(words))
    said = [str(words) for words in ACTIONS.values()]
    assert {words for words in said if said.count(words) > 1} == set()


def test_each_receiver_is_named_by_its_part() -> None:
    receivers = {receiver for name in TOLD for receiver in handlers_of(name) if name in EVENTS}
    assert len(receivers) > 60
    assert {one for one in receivers if say_receiver(one) == one} == set()


def test_what_is_not_known_any_more_is_said_as_it_was_entered() -> None:
    assert (say_action("long.gone"), say_event("long.gone"), say_receiver("long.gone")) == ("long.gone",) * 3


def test_actions_are_found_by_their_words() -> None:
    assert find_actions("invited TEAM") == ["team.invited"]
    assert find_actions("") == find_actions("   ") == find_actions("nothing like it") == []
