"""What categories, brands and collections have in common: how search engines are told of their pages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Shelf(models.Model):
    """A page of the store that lists products. Empty words are made of name and description."""

    seo_title = models.CharField(
        _("title for search engines"), max_length=255, blank=True, default="", db_default=""
    )
    seo_description = models.CharField(
        _("description for search engines"), max_length=500, blank=True, default="", db_default=""
    )

    class Meta:
        abstract = True
