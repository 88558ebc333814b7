"""Messages that a company has taken, for tests of what it tells afterwards."""

from __future__ import annotations

from typing import Any

from django.test.utils import CaptureQueriesContext

from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from apps.platform.notifications import services
from apps.platform.notifications.models import Message
from apps.platform.notifications.states import MessageState


def queue(business: Business, *, to: str = "bea@example.com", **changes: Any) -> Message:
    known: dict[str, Any] = {"channel": "email", "subject": "News", "text": "New mugs", "template": "news"}
    ref = changes.pop("ref", "")
    message = services.queue_message(
        Actor.system("tests", business.pk), to=to, dedupe_key=str(new_id()), **{**known, **changes}
    )
    provider = {"email": "ses", "sms": "sns", "whatsapp": "whatsapp_cloud"}[message.channel]
    Message.unscoped.filter(pk=message.pk).update(
        provider=provider, provider_ref=ref or f"ref-{message.pk}", state=MessageState.SENT
    )
    return Message.unscoped.get(pk=message.pk)


def again(message: Message) -> Message:
    return Message.unscoped.get(pk=message.pk)


def writes(seen: CaptureQueriesContext) -> list[str]:
    words = ("INSERT", "UPDATE", "DELETE")
    return [query["sql"] for query in seen if query["sql"].lstrip().upper().startswith(words)]
