"""What the product enters and tells, in words for a shopkeeper, by the codes that programs read.

tests/kernel/test_plain_words.py holds every code of a service's `audits` and every registered event to words of its
own. A code that the product no longer has is shown as it was entered.
"""

from __future__ import annotations

from typing import Any

from . import events, goods, house, parts, selling

ACTIONS: dict[str, Any] = {**goods.WORDS, **house.WORDS, **selling.WORDS}
EVENTS: dict[str, Any] = events.WORDS
PARTS: dict[str, Any] = parts.WORDS


def say_action(code: str) -> str:
    """What was done, as the audit trail says it to people: `team.invited` is "Somebody was invited to the team"."""
    return str(ACTIONS.get(code, code))


def say_event(name: str) -> str:
    """What happened, as the pages about events say it to people."""
    return str(EVENTS.get(name, name))


def say_receiver(subscriber: str) -> str:
    """The part of the product that a receiver of events (`orders.mail_placed`) belongs to."""
    return str(PARTS.get(subscriber.partition(".")[0], subscriber))


def find_actions(text: str) -> list[str]:
    """The codes whose words, in the reader's language, hold every word of `text`; none for an empty one."""
    wanted = text.casefold().split()
    if not wanted:
        return []
    return [code for code, words in ACTIONS.items() if all(word in str(words).casefold() for word in wanted)]
