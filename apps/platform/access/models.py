"""Keys of programs with their secrets, and the sign-ins of people through programs."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import TenantEntity
from apps.platform.businesses.models import Location


class ApiKey(TenantEntity):
    """A program that acts for the business by itself; not a person, and not tied to one's role."""

    name = models.CharField(_("name"), max_length=80)
    permissions = ArrayField(models.CharField(max_length=80), verbose_name=_("may"), default=list, blank=True)
    locations = models.ManyToManyField(
        Location, blank=True, related_name="+", verbose_name=_("only these locations")
    )
    networks = ArrayField(
        models.CharField(max_length=50), verbose_name=_("only from these addresses"), default=list, blank=True
    )
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_because = models.CharField(_("why"), max_length=200, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(_("from"), null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by")
    )

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="api_key_named"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "-id"], name="api_key_newest"),
            models.Index(
                fields=["expires_at"],
                name="api_key_ending",
                condition=Q(revoked_at__isnull=True, warned_at__isnull=True, expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= clock.now() else "active"


class ApiKeySecret(TenantEntity):
    """What a program sends for a key: a readable beginning to find it by, and a digest of the whole."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="secrets", verbose_name=_("API key"))
    lookup = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    # Set when a new secret replaces this one: until then both are good, so that programs can be changed over.
    good_until = models.DateTimeField(_("good until"), null=True, blank=True)

    class Meta:
        verbose_name = _("secret of an API key")
        verbose_name_plural = _("secrets of API keys")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(good_until__isnull=True), name="api_key_one_lasting_secret"
            ),
        ]

    def __str__(self) -> str:
        return f"md_live_{self.lookup}…"


class TokenFamily(TenantEntity):
    """One sign-in of a person through a program. `current_jti` names the only refresh token that is good."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user")
    )
    current_jti = models.UUIDField()
    # Of the password at sign-in: a new password ends the family.
    password_digest = models.CharField(max_length=128)
    expires_at = models.DateTimeField(_("ends"))
    refreshed_at = models.DateTimeField(_("last refreshed"), default=clock.now)
    revoked_at = models.DateTimeField(_("ended"), null=True, blank=True)
    revoked_because = models.CharField(_("why"), max_length=40, blank=True)
    ip = models.GenericIPAddressField(_("address"), null=True, blank=True)
    user_agent = models.CharField(_("program"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("sign-in of a program")
        verbose_name_plural = _("sign-ins of programs")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="token_family_ends_after_it_began"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "user"], name="token_family_of_member"),
            models.Index(fields=["expires_at"], name="token_family_age"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at:%Y-%m-%d %H:%M}"
