"""Pieces of the pages that show products and stock: addresses, tables, the timeline of movements."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.detail import Section, Step

LAST_MOVEMENTS = 25


def product_url(product: Any) -> str:
    """The product's page."""
    return reverse("admin:catalog_product_change", args=[getattr(product, "pk", product)])


def variant_url(variant: Any) -> str:
    """The variant's page."""
    return reverse("admin:catalog_variant_change", args=[getattr(variant, "pk", variant)])


def full_name(variant: Variant) -> str:
    """`Shirt – S`, or the product's title alone."""
    return f"{variant.product.title} – {variant.title}" if variant.title else variant.product.title


def description_section(product: Product) -> list[Section]:
    # Sanitised by the catalogue's services, so it may be shown as it is.
    html = mark_safe(product.description_html)  # noqa: S308
    return [Section(_("Description"), html=html)] if html else []


def variants_section(variants: list[Variant], balances: list[StockBalance]) -> Section:
    free: dict[Any, int] = {}
    for balance in balances:
        free[balance.variant_id] = free.get(balance.variant_id, 0) + balance.available
    return Section(
        _("Variants"),
        columns=[_("Variant"), _("SKU"), _("Price"), _("Available")],
        rows=[
            [
                format_html('<a href="{}">{}</a>', variant_url(variant), variant.title or _("The only one")),
                variant.sku,
                format_amount(variant.price),
                free.get(variant.pk, 0) if variant.track_stock else _("not counted"),
            ]
            for variant in variants
        ],
        align={2: "end", 3: "end"},
    )


def stock_section(actor: Actor, balances: list[Any], *, with_variant: bool) -> Section:
    """What lies where; what it is worth to whoever may see costs."""
    with_worth = actor.may(SEES_COSTS)
    first = [_("Variant")] if with_variant else []
    rows = [
        [
            *([balance.variant.title or _("The only one")] if with_variant else []),
            balance.location.name,
            balance.on_hand,
            balance.reserved,
            balance.available,
            balance.incoming,
            *([format_amount(balance.value)] if with_worth else []),
        ]
        for balance in balances
    ]
    start = 2 if with_variant else 1
    numbers = [
        _("On hand"),
        _("Reserved"),
        _("Available"),
        _("Coming"),
        *([_("Value")] if with_worth else []),
    ]
    return Section(
        _("Stock by location"),
        columns=[*first, _("Location"), *numbers],
        rows=rows,
        align=dict.fromkeys(range(start, start + len(numbers)), "end"),
        empty=_("Nothing was received yet."),
    )


def steps(movements: QuerySet[StockMovement], *, with_variant: bool) -> list[Step]:
    return [
        Step(
            at=movement.occurred_at,
            text=_step_text(movement, with_variant),
            actor=movement.actor_label,
            tone="good" if movement.on_hand_delta > 0 else "",
        )
        for movement in movements[:LAST_MOVEMENTS]
    ]


def _step_text(movement: StockMovement, with_variant: bool) -> str:
    moved = movement.on_hand_delta or movement.reserved_delta
    name = f" {movement.variant.title}" if with_variant and movement.variant.title else ""
    note = f" · {movement.note}" if movement.note else ""
    return f"{movement.get_reason_display()} {moved:+d}{name}, {movement.location.name}{note}"
