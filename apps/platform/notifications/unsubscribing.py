"""The signed address by which somebody refuses advertising with one click (RFC 8058)."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from apps.platform.notifications.models import Message

_SALT = "notifications.unsubscribe"


def unsubscribe_url(message: Message) -> str:
    """Where the message's receiver refuses more; never ends, because mails are kept for years."""
    # Without a time: it never ends, and every mail shows the same address for the same message.
    token = signing.Signer(salt=_SALT).sign_object([str(message.business_id), str(message.pk)])
    return f"{settings.PUBLIC_BASE_URL}{reverse('notifications:unsubscribe', args=[token])}"


def read_token(token: str) -> tuple[UUID, UUID] | None:
    """Business and message that a token was made for; None for one that we did not make."""
    try:
        business, message = signing.Signer(salt=_SALT).unsign_object(token)
        return UUID(business), UUID(message)
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None


def one_click_headers(message: Message) -> dict[str, str]:
    """What makes mail programs show their own button."""
    return {
        "List-Unsubscribe": f"<{unsubscribe_url(message)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def add_way_out(message: Message) -> None:
    """Put the address under the words too, for mail programs without a button."""
    url = unsubscribe_url(message)
    with translation.override(message.language):
        words = _("You get this because you agreed to news. No more of it:")
        link = _("Unsubscribe")
    message.text = f"{message.text.rstrip()}\n\n{words}\n{url}\n"
    if message.html:
        foot = format_html('<p style="font-size:14px">{} <a href="{}">{}</a></p>', words, url, link)
        head, end, tail = message.html.rpartition("</body>")
        message.html = f"{head}{foot}{end}{tail}" if end else f"{message.html}{foot}"
