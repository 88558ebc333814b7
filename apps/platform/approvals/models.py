"""How far roles go alone, and the numbers by which members approve."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity


class RoleCap(TenantEntity):
    """The most a member of a role may do of one act without an approval, in the business's currency."""

    role = models.ForeignKey("businesses.Role", models.CASCADE, related_name="caps", verbose_name=_("role"))
    act = models.CharField(_("act"), max_length=80)
    most = MoneyField(_("at most"))

    class Meta:
        verbose_name = _("limit of a role")
        verbose_name_plural = _("limits of roles")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "role", "act"], name="approvals_cap_once"),
            models.CheckConstraint(condition=models.Q(most__gte=0), name="approvals_cap_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.most}"


class ApprovalPin(TenantEntity):
    """A member's number, hashed, and how often wrong ones were tried for it by all together since a right one."""

    membership = models.OneToOneField(
        "businesses.Membership", models.CASCADE, related_name="approval_pin", verbose_name=_("member")
    )
    pin_hash = models.CharField(max_length=200)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("approval PIN")
        verbose_name_plural = _("approval PINs")

    def __str__(self) -> str:
        return str(self.membership_id)

    @property
    def is_locked(self) -> bool:
        """Whether it is refused to everybody at the moment."""
        return _lasts(self.locked_until)


class PinTries(TenantEntity):
    """How often one person entered a wrong number for a PIN. He alone is locked out: his mistakes, or his malice,
    do not keep others from their approval."""

    pin = models.ForeignKey(ApprovalPin, models.CASCADE, related_name="tries", verbose_name=_("PIN"))
    # Empty for what is not a person.
    tried_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", verbose_name=_("tried by")
    )
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("tries of a PIN")
        verbose_name_plural = _("tries of PINs")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pin", "tried_by"], nulls_distinct=False, name="approvals_tries_once_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pin_id}, {self.tried_by_id}"

    @property
    def is_locked(self) -> bool:
        """Whether the person is refused at the moment, whatever he enters."""
        return _lasts(self.locked_until)


def _lasts(moment: dt.datetime | None) -> bool:
    return moment is not None and moment > clock.now()
