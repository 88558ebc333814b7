"""What a replay of parked events will do, said before it is done; for the business's page and the platform's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.kernel.event_types import subscriber_does
from apps.kernel.models import Delivery
from apps.kernel.plain_words import say_event, say_receiver
from apps.kernel.scrub import scrub_values

MOST_CHOSEN = 500


def read_choice(sent: QueryDict) -> tuple[list[int], str | None]:
    """The deliveries and the subscriber that a form names; nonsense is left out."""
    chosen = [int(text) for text in sent.getlist("delivery") if text.isdecimal() and len(text) < 19]
    return chosen[:MOST_CHOSEN], sent.get("subscriber", "")[:100] or None


def say_replay(rows: Collection[Delivery], chosen: Collection[int], subscriber: str | None) -> list[str]:
    """The sentences of the confirmation."""
    said = [
        ngettext(
            "%(count)d event goes back in the queue under its own id and is delivered within seconds.",
            "%(count)d events go back in the queue under their own ids and are delivered within seconds.",
            len(rows),
        )
        % {"count": len(rows)}
    ]
    counted = Counter((row.event.name, row.subscriber) for row in rows)
    for (name, told), count in sorted(counted.items()):
        does = subscriber_does(name, told) or _(
            "The product no longer knows this receiver; it will be parked again."
        )
        said.append(f"{say_receiver(told)} ({say_event(name)}, {count}): {does}")
    more = 0 if subscriber else sum(row.pk not in set(chosen) for row in rows)
    if more:
        said.append(
            ngettext(
                "%(count)d of them was parked earlier for the same owner: it comes along, so that the order is kept.",
                "%(count)d of them were parked earlier for the same owners: they come along, so that the order is "
                "kept.",
                more,
            )
            % {"count": more}
        )
    said.append(_("What was done already is recognised and not done a second time."))
    said.append(
        _("If the cause is still there, they fail again and are parked again; nothing else is held up.")
    )
    return said


def show_payload(delivery: Delivery) -> str:
    """The fields of an event for reading, without addresses and secrets."""
    return json.dumps(scrub_values(delivery.event.payload), indent=2, ensure_ascii=False, sort_keys=True)


def replayed_message(count: int) -> str:
    """What is said after it."""
    text: Any = ngettext(
        "%(count)d event is on its way again.", "%(count)d events are on their way again.", count
    )
    return str(text % {"count": count})
