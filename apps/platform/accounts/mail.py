"""E-mails about a person's own account: one sheet for all of them, by the queue of notifications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.notifications.services import queue_account_email


def send_account_mail(
    *,
    to: str,
    subject: Any,
    sentences: Sequence[Any],
    url: str = "",
    button: Any = "",
    warning: Any = "",
    language: str = "en",
    facts: Sequence[tuple[Any, Any]] = (),
) -> None:
    """Queue a mail of a heading, a few sentences, at most one button and a line for who did not expect it.

    `url` may be a path of the product or absolute. Sent with the next run of the queue.
    """
    queue_account_email(
        Actor.system("accounts", None),
        to=to,
        template="account_notice",
        context={
            "subject": subject,
            "sentences": list(sentences),
            "url": url if "://" in url or not url else settings.PUBLIC_BASE_URL + url,
            "button": button,
            "warning": warning,
            "facts": list(facts),
        },
        dedupe_key=f"account:{new_id()}",
        language=language,
    )
