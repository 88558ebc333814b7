"""Messages to people, as they were worded when they were queued, and how a business sends them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import Entity, TenantEntity
from apps.platform.notifications.states import Channel, MessageState, SuppressionReason


class PushDevice(TenantEntity):
    """A browser that somebody lets us knock at, and the keys that only it can read with."""

    # A person; who that is knows the app above.
    owner_id = models.UUIDField(_("owner"))
    endpoint = models.TextField(_("address at the push service"))
    digest = models.CharField(_("digest of the address"), max_length=64)
    p256dh = models.CharField(_("public key"), max_length=100)
    auth = models.CharField(_("shared secret"), max_length=32)
    label = models.CharField(_("browser"), max_length=80)

    class Meta:
        verbose_name = _("browser")
        verbose_name_plural = _("browsers")
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            # One person a browser: whoever signs in there next and turns it on takes it over.
            models.UniqueConstraint(fields=["business", "digest"], name="push_device_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["business", "owner_id"], name="push_device_owner")]

    def __str__(self) -> str:
        return self.label


class Message(TenantEntity):
    """One message; rendered once, sent at least once, never reworded.

    `to` is an e-mail address, or a telephone number as +441632960000; on the channel of browsers it is the person's
    e-mail address and `device` the browser.
    """

    Channel = Channel

    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices, default=Channel.EMAIL)
    to = models.CharField(_("to"), max_length=254)
    subject = models.CharField(_("subject"), max_length=255, blank=True)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    language = models.CharField(_("language"), max_length=16, default="en")
    template = models.CharField(_("template"), max_length=80)
    state = models.CharField(
        _("state"), max_length=16, choices=MessageState.choices, default=MessageState.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("last error"), blank=True)
    dedupe_key = models.CharField(_("dedupe key"), max_length=200)
    due_at = models.DateTimeField(_("due at"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    # Advertising: it may be refused by one click, and never goes to who refused it.
    is_marketing = models.BooleanField(_("advertising"), default=False)
    # What one must be allowed to see the words; empty: whoever may see messages at all.
    words_for = models.CharField(_("words are for who may"), max_length=80, blank=True)
    # Where a touch leads, on the channel of browsers.
    link = models.CharField(_("link"), max_length=300, blank=True)
    device = models.ForeignKey(
        PushDevice,
        verbose_name=_("browser"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # Kinds of news that the company has told already: told again, they are a repeat and change nothing.
    told = ArrayField(models.CharField(max_length=16), verbose_name=_("told by the company"), default=list)
    provider = models.CharField(_("sent by"), max_length=32, blank=True)
    provider_ref = models.CharField(_("provider's number"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            # The same reason is mailed once, however often an event is delivered or a button is pressed.
            models.UniqueConstraint(fields=["business", "dedupe_key"], name="message_dedupe_key_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "-created_at", "-id"], name="message_newest"),
            models.Index(
                fields=["due_at"], name="message_due", condition=models.Q(state__in=["queued", "sending"])
            ),
            models.Index(
                fields=["business", "provider_ref"],
                name="message_provider_ref",
                condition=~models.Q(provider_ref=""),
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.text[:80]


class ChannelSetting(TenantEntity):
    """By which company a business sends on a channel, and its account there; secrets are in the vault."""

    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices)
    provider = models.CharField(_("provider"), max_length=32)
    values = models.JSONField(_("values"), default=dict)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering: ClassVar = ["channel"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "channel"], name="channel_setting_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.provider}"


class Suppression(TenantEntity):
    """An address that a business sends nothing more to, and why; unsubscribing stops advertising only."""

    Reason = SuppressionReason

    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices)
    address = models.CharField(_("address"), max_length=254)
    reason = models.CharField(_("reason"), max_length=16, choices=SuppressionReason.choices)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("stopped address")
        verbose_name_plural = _("stopped addresses")
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            # A reason each: whoever comes back from a full mailbox has still refused advertising.
            models.UniqueConstraint(
                fields=["business", "channel", "address", "reason"], name="suppression_reason_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "-created_at", "-id"], name="suppression_newest"),
        ]

    def __str__(self) -> str:
        return self.address


class MessageTemplate(TenantEntity):
    """A business's own words for an event on a channel in a language; values stand in braces."""

    event = models.CharField(_("message"), max_length=80)
    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices)
    language = models.CharField(_("language"), max_length=16)
    subject = models.CharField(_("subject"), max_length=255, blank=True)
    body = models.TextField(_("body"), blank=True)

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        ordering: ClassVar = ["event", "channel", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "event", "channel", "language"], name="message_template_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event}, {self.channel}, {self.language}"


class AccountMessage(Entity):
    """An e-mail about a person's own account: a reset link, a warning. No business may ever read it.

    Kept apart from the messages of businesses, because whoever reads a reset link owns the account; text and
    HTML are wiped when the message is sent or given up.
    """

    to = models.EmailField(_("to"), max_length=254)
    subject = models.CharField(_("subject"), max_length=255)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    language = models.CharField(_("language"), max_length=16, default="en")
    template = models.CharField(_("template"), max_length=80)
    state = models.CharField(
        _("state"), max_length=16, choices=MessageState.choices, default=MessageState.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("last error"), blank=True)
    dedupe_key = models.CharField(_("dedupe key"), max_length=200, unique=True)
    due_at = models.DateTimeField(_("due at"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("account message")
        verbose_name_plural = _("account messages")
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="account_message_due",
                condition=models.Q(state__in=["queued", "sending"]),
            ),
        ]

    def __str__(self) -> str:
        return self.subject
