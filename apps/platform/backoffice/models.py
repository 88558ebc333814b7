"""What members keep of the back office itself: views of lists."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity


class SavedView(TenantEntity):
    """Filters, order and columns of a list under a name: one's own, or everybody's who sees the list."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    list = models.CharField(max_length=80)
    name = models.CharField(_("name"), max_length=60)
    # As in the address, in alphabetical order; never what was searched for, which may be somebody's name.
    query = models.CharField(max_length=1000)
    shared = models.BooleanField(_("for the whole team"), default=False)
    # The owner's list begins with it.
    is_default = models.BooleanField(_("opened first"), default=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "user", "list", "name"], name="saved_view_once"),
            models.UniqueConstraint(
                fields=["business", "user", "list"],
                condition=Q(is_default=True),
                name="saved_view_one_default",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["business", "list"], name="saved_view_of_list")]

    def __str__(self) -> str:
        return self.name
