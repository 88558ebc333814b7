"""Secrets as ciphertext, and who used them on which day."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import TenantEntity


class Secret(TenantEntity):
    """One version of a named secret. The newest of a name is current; `accepted_until` ends an older one."""

    name = models.CharField(_("name"), max_length=120)
    version = models.PositiveIntegerField(_("version"), default=1)
    is_current = models.BooleanField(default=True)
    accepted_until = models.DateTimeField(_("accepted until"), null=True, blank=True)
    key_version = models.CharField(_("key"), max_length=32)
    sealed = models.BinaryField(editable=False)
    last_four = models.CharField(_("ends in"), max_length=4, blank=True)
    saved_at = models.DateTimeField(_("saved"), default=clock.now)
    saved_by = models.CharField(_("saved by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("secret")
        verbose_name_plural = _("secrets")
        ordering: ClassVar = ["name", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "name", "version"], name="secret_version_once"),
            models.UniqueConstraint(
                fields=["business", "name"], condition=Q(is_current=True), name="secret_one_current"
            ),
            models.CheckConstraint(
                condition=Q(is_current=False) | Q(accepted_until__isnull=True),
                name="secret_current_has_no_end",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["key_version", "business", "id"], name="secret_by_key"),
        ]

    def __str__(self) -> str:
        return self.name


class SecretUse(TenantEntity):
    """Somebody used a secret for a purpose on a day: the first use of each day, not one row a call."""

    name = models.CharField(_("secret"), max_length=120)
    used_by = models.CharField(_("used by"), max_length=200)
    purpose = models.CharField(_("what for"), max_length=120)
    used_on = models.DateField(_("day"))
    first_used_at = models.DateTimeField(_("first used at"), default=clock.now)

    class Meta:
        verbose_name = _("use of a secret")
        verbose_name_plural = _("uses of secrets")
        ordering: ClassVar = ["-used_on", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "name", "used_on", "used_by", "purpose"], name="secret_use_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.used_on}"
