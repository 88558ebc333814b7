"""What else ends with a membership: upper apps name it, and it ends in the same transaction."""

from __future__ import annotations

from collections.abc import Callable

from apps.kernel.actors import Actor
from apps.platform.businesses.models import Membership

Ending = Callable[[Actor, Membership], None]
_endings: list[Ending] = []


def register_ending(ending: Ending) -> Ending:
    """Have `ending(actor, member)` called when a member is suspended or removed: its tokens and keys end with it."""
    if ending not in _endings:
        _endings.append(ending)
    return ending


def end_access(actor: Actor, member: Membership) -> None:
    """End all that lets the person in by other ways than the membership itself. Inside a use case only."""
    for ending in _endings:
        ending(actor, member)
