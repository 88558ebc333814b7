"""What was decided about flags. A flag without a row stands as its code says."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import Entity, TenantEntity


class Rollout(Entity):
    """For how many in a hundred businesses a flag is on."""

    name = models.CharField(_("flag"), max_length=80, unique=True)
    percent = models.PositiveSmallIntegerField(_("on for"))

    class Meta:
        verbose_name = _("rollout")
        verbose_name_plural = _("rollouts")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(percent__lte=100), name="flag_rollout_at_most_a_hundred"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Choice(TenantEntity):
    """What was decided for one business, whatever the rollout."""

    name = models.CharField(_("flag"), max_length=80)
    is_on = models.BooleanField(_("on"))

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "name"], name="flag_choice_once"),
        ]

    def __str__(self) -> str:
        return self.name
