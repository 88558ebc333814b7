"""The tree of categories."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models.shelves import Shelf
from apps.goods.catalog.models.triggers import KEEP_BRANCHES_WORDS
from apps.kernel.models import TenantEntity


class Category(Shelf, TenantEntity):
    """A branch of the business's own tree. `path` holds the slugs from the root: a subtree is one prefix; `place`
    sorts the tree in reading order.
    """

    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address"), max_length=140)
    description = models.TextField(_("description"), max_length=2000, blank=True, default="", db_default="")
    path = models.CharField(max_length=1000, editable=False)
    depth = models.PositiveSmallIntegerField(default=0, editable=False)
    # From 1 on where somebody has ordered the siblings by hand; 0: they stand by their addresses.
    position = models.PositiveIntegerField(_("position"), default=0)
    # Position and slug of each branch from the root. Byte by byte, so that a blank comes before whatever a slug holds.
    place = models.CharField(max_length=1100, default="", db_default="", editable=False, db_collation="C")

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("place", "path")
        constraints = [
            models.UniqueConstraint(fields=("business", "slug"), name="catalog_category_slug_unique"),
            models.UniqueConstraint(fields=("business", "path"), name="catalog_category_path_unique"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="catalog_category_not_own_parent"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keep_words",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("name", "path"),
                condition=pgtrigger.Q(old__name__df=pgtrigger.F("new__name"))
                | pgtrigger.Q(old__path__df=pgtrigger.F("new__path")),
                func=KEEP_BRANCHES_WORDS,
            ),
        ]

    def __str__(self) -> str:
        return self.name
