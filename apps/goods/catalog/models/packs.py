"""Packs: named multiples of a variant, with codes and perhaps a price of their own."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models.products import Variant
from apps.kernel.models import MoneyField, TenantEntity

# A code means one thing in a business, but two tables cannot share a unique index: who comes second is refused here.
REFUSE_CODE_OF_VARIANT = """
    IF NEW.barcode <> '' OR NEW.sku <> '' THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('catalog.codes:' || NEW.business_id::text, 0));
    END IF;
    IF NEW.barcode <> '' AND EXISTS (
        SELECT 1 FROM catalog_variant
         WHERE business_id = NEW.business_id AND barcode = NEW.barcode AND barcode <> '')
    THEN
        RAISE EXCEPTION 'a variant has this barcode' USING ERRCODE = 'unique_violation',
            CONSTRAINT = 'catalog_barcode_of_variant';
    END IF;
    IF NEW.sku <> '' AND EXISTS (
        SELECT 1 FROM catalog_variant
         WHERE business_id = NEW.business_id AND upper(sku) = upper(NEW.sku) AND sku <> '')
    THEN
        RAISE EXCEPTION 'a variant has this SKU' USING ERRCODE = 'unique_violation',
            CONSTRAINT = 'catalog_sku_of_variant';
    END IF;
    RETURN NEW;
"""


class Pack(TenantEntity):
    """So many stock units of a variant under a name. It has no stock; one that is retired stays for what names it."""

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="packs", verbose_name=_("variant"))
    name = models.CharField(_("name"), max_length=80)
    quantity = models.PositiveIntegerField(_("holds"))
    barcode = models.CharField(_("barcode"), max_length=120, blank=True)
    sku = models.CharField(_("SKU"), max_length=120, blank=True)
    # None: quantity × the price of the variant.
    price = MoneyField(_("price of the pack"), null=True, blank=True)
    sold = models.BooleanField(_("sold in the store"), default=False)
    for_purchasing = models.BooleanField(_("ordered from suppliers"), default=False)
    position = models.PositiveSmallIntegerField(default=1)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("pack")
        verbose_name_plural = _("packs")
        ordering = ("variant", "position", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("business", "barcode"), condition=~Q(barcode=""), name="catalog_pack_barcode_unique"
            ),
            models.UniqueConstraint(
                F("business"), Upper("sku"), condition=~Q(sku=""), name="catalog_pack_sku_unique"
            ),
            models.UniqueConstraint(
                F("variant"), Upper("name"), condition=Q(active=True), name="catalog_pack_name_once"
            ),
            models.UniqueConstraint(
                fields=("variant",), condition=Q(for_purchasing=True, active=True),
                name="catalog_pack_one_for_purchasing",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=2), name="catalog_pack_holds_two_or_more"),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0), name="catalog_pack_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(active=True) | Q(barcode="", sku="", sold=False), name="catalog_pack_retired_is_free"
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.Trigger(
                name="code_means_one_thing",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("barcode", "sku"),
                func=REFUSE_CODE_OF_VARIANT,
            ),
        ]

    def __str__(self) -> str:
        return self.name
