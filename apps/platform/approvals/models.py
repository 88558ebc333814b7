"""How far roles go alone, and the numbers by which members approve."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

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
    """A member's number, hashed, and how often a wrong one was tried for it."""

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
