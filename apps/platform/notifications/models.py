"""A message to one person, as it was worded when it was queued."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import Entity, TenantEntity
from apps.platform.notifications.states import MessageState


class Message(TenantEntity):
    """One e-mail; rendered once, sent at least once, never reworded."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")

    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices, default=Channel.EMAIL)
    to = models.EmailField(_("to"), max_length=254)
    subject = models.CharField(_("subject"), max_length=255)
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
        ]

    def __str__(self) -> str:
        return self.subject


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
