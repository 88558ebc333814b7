"""An alert for one member, and what a member wants to be told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity


class Alert(TenantEntity):
    """One sentence for one member."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    text = models.CharField(_("text"), max_length=500, blank=True)
    link = models.CharField(_("link"), max_length=300, blank=True)
    dedupe_key = models.CharField(_("dedupe key"), max_length=200)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            # A repeated event, or two workers at once, tell nobody twice.
            models.UniqueConstraint(fields=["business", "user", "dedupe_key"], name="alert_reason_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "user", "-id"], name="alert_newest"),
            models.Index(
                fields=["business", "user"], name="alert_unread", condition=models.Q(read_at__isnull=True)
            ),
            models.Index(
                fields=["created_at"], name="alert_read_by_age", condition=models.Q(read_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Preference(TenantEntity):
    """What a member wants of one kind; without a row it is the bell, no e-mail, and each browser that was turned on."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=40)
    at_bell = models.BooleanField(_("at the bell"), default=True)
    by_email = models.BooleanField(_("by e-mail"), default=False)
    # On from the start: it reaches only browsers that the member has turned on.
    by_push = models.BooleanField(_("in the browser"), default=True)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        ordering: ClassVar = ["kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "user", "kind"], name="alert_preference_once"),
        ]

    def __str__(self) -> str:
        return self.kind
