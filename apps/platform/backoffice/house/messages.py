"""The outbox: messages that were, or will be, sent for the business on every channel."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_state, moment_column, state_column, text_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.platform.notifications.models import Message
from apps.platform.notifications.providers import find_provider, list_providers
from apps.platform.notifications.services import send_again
from apps.platform.notifications.states import Channel, MessageState


class SendAgain(Verb):
    name = "send-again"
    label = _("Send again")
    permission = "notifications.send"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.state == MessageState.FAILED

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("The message goes to %(to)s within a few seconds, unchanged.") % {"to": obj.to}]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return send_again(actor, message_id=obj.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _("The message is queued again.")


SANDBOXES = [item.code for channel in Channel for item in list_providers(channel) if item.is_sandbox]


def by_whom(obj: Message) -> Any:
    """The company's name, marked when nothing really left the house."""
    provider = find_provider(obj.provider)
    if provider is None:
        return ""
    if provider.is_sandbox:
        return format_state("sandbox", _("Shown here only"), "info")
    return provider.name


def what(obj: Message) -> Any:
    """The subject, or how the text begins where there is none; nothing of words that are for others."""
    return str(obj) if is_readable(obj) else _("An alert for this person")


def is_readable(obj: Message) -> bool:
    """Whether the words are for this reader, as the list's query found out."""
    return bool(getattr(obj, "is_for_reader", not obj.words_for))


by_whom.short_description = _("Sent by")  # type: ignore[attr-defined]
what.short_description = _("Message")  # type: ignore[attr-defined]


# An address that opens something for whoever holds it: an invitation, a reset, an order's own page.
_SECRET_LINK = re.compile(r"(https?://[^\s<>]*/)(?=[^/\s]*[A-Z0-9_])[A-Za-z0-9_:.-]{20,}(?=[/?\s<>]|$)")


def without_secret_links(text: str) -> str:
    """The text as staff may read it: the key in an address is for the person it was sent to, not for them."""
    return _SECRET_LINK.sub(r"\1•••", text)


@register(Message)
class MessageAdmin(TenantModelAdmin):
    """Newest first."""

    read_permission = "notifications.read"
    list_display = (
        what,
        "to",
        text_column("get_channel_display", description=_("Channel")),
        state_column("state"),
        by_whom,
        moment_column("created_at", description=_("Queued")),
    )
    search_fields = ("to__istartswith",)
    search_help_text = _("Search by address")
    ordering = ("-created_at", "-id")
    tabs = (
        Tab("all", _("All")),
        Tab("waiting", _("Waiting"), Q(state__in=[MessageState.QUEUED, MessageState.SENDING])),
        Tab(
            "failed",
            _("Not arrived"),
            Q(state__in=[MessageState.FAILED, MessageState.BOUNCED, MessageState.SUPPRESSED]),
        ),
        Tab("sandbox", _("Try out"), Q(provider__in=SANDBOXES)),
    )
    empty_title = _("No messages yet")
    empty_text = _("Order confirmations, invitations and other messages appear here once they are queued.")
    verbs = (SendAgain,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """An alert's words are for who may know what it tells; the row itself shows that something was sent."""
        allowed = Q(words_for="") | Q(words_for__in=request.actor.permissions)  # type: ignore[attr-defined]
        rows = super().get_queryset(request).select_related("device")
        return rows.annotate(is_for_reader=ExpressionWrapper(allowed, output_field=BooleanField()))

    def title(self, obj: Any) -> Any:
        return what(obj) if obj.subject else obj.get_channel_display()

    def list_title(self) -> str:
        return str(_("Messages"))

    def facts(self, actor: Actor, obj: Any) -> list[Fact]:
        return [
            Fact(_("To"), obj.to),
            Fact(_("Channel"), obj.get_channel_display()),
            *([Fact(_("Browser"), obj.device.label)] if obj.device_id else []),
            *([Fact(_("Sent by"), by_whom(obj))] if obj.provider else []),
            Fact(_("Queued"), moment_column("created_at")(obj)),
            Fact(_("Sent"), moment_column("sent_at")(obj)),
            *([Fact(_("Delivered"), moment_column("delivered_at")(obj))] if obj.delivered_at else []),
            Fact(_("Attempts"), obj.attempts),
            *([Fact(_("Last error"), obj.error)] if obj.error else []),
        ]

    def sections(self, actor: Actor, obj: Any) -> list[Section]:
        if not is_readable(obj):
            hidden = _("The words are for who may see what they are about. Your role does not show you that.")
            return [Section(_("Text"), html=format_html('<p class="mdk-soft">{}</p>', hidden))]
        words = "\n\n".join(part for part in (obj.text, obj.link) if part)
        text = format_html('<pre class="mdk-cause" tabindex="0">{}</pre>', without_secret_links(words))
        return [Section(_("Text"), html=text)]


nav.register(
    section="Settings",
    label=_("Messages"),
    url="admin:notifications_message_changelist",
    permission="notifications.read",
    icon="mail",
    order=60,
)
