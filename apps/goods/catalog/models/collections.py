"""Collections: products put together by hand or by rules."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models.products import Product
from apps.goods.catalog.models.shelves import Shelf
from apps.kernel.models import TenantEntity


class Collection(Shelf, TenantEntity):
    """Products chosen one by one in an order, or all that meet the rules at the moment of looking."""

    class Kind(models.TextChoices):
        MANUAL = "manual", _("Chosen by hand")
        RULES = "rules", _("By rules")

    class Match(models.TextChoices):
        ALL = "all", _("All of the rules")
        ANY = "any", _("Any of the rules")

    name = models.CharField(_("name"), max_length=255)
    slug = models.SlugField(_("address"), max_length=255)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.MANUAL)
    match = models.CharField(_("products meet"), max_length=3, choices=Match, default=Match.ALL)
    # [{"field": "title", "value": "mug"}, …]: what `rules.check_rules` has accepted.
    rules = models.JSONField(_("rules"), default=list, blank=True)
    published = models.BooleanField(_("shown in the store"), default=False)

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(fields=("business", "slug"), name="catalog_collection_slug_unique"),
            models.CheckConstraint(
                condition=Q(kind__in=("manual", "rules")), name="catalog_collection_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(match__in=("all", "any")), name="catalog_collection_match_known"
            ),
            # Rules that say nothing would mean the whole shop.
            models.CheckConstraint(
                condition=~Q(kind="rules", rules=[]), name="catalog_collection_rules_say_something"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CollectionItem(TenantEntity):
    """A product's place in a collection made by hand."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="places")
    position = models.PositiveIntegerField(_("position"))

    class Meta:
        verbose_name = _("product of a collection")
        verbose_name_plural = _("products of a collection")
        ordering = ("collection", "position", "id")
        constraints = [
            models.UniqueConstraint(fields=("collection", "product"), name="catalog_collection_item_once"),
        ]

    def __str__(self) -> str:
        return f"{self.collection}: {self.product}"
