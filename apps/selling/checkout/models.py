"""Carts, quotes and submitted checkouts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.amounts import QuantityRule, rule_of
from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity

from .tokens import sign_token

MAX_QUANTITY = 999
MAX_ITEMS = 200


class Cart(TenantEntity):
    """What a visitor of one store wants. `business` is the store whose pages are open."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        CONVERTED = "converted", _("Ordered")
        MERGED = "merged", _("Merged")

    token = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sign-in"),
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.ACTIVE)
    # What was typed on the checkout page and not yet submitted: contact and address fields.
    email = models.EmailField(_("e-mail"), blank=True)
    details = models.JSONField(default=dict, blank=True)
    rate_id = models.UUIDField(null=True, blank=True)
    # Codes as they were typed, valid or not: what they do is said with each quote.
    codes = ArrayField(models.CharField(max_length=40), verbose_name=_("codes"), default=list, blank=True)
    checkout_id = models.UUIDField(null=True, blank=True, editable=False)
    # When the visitor was last seen to have left it behind. The cart stays open for him.
    # The link that filled it, and where the buyer came from: {"source", "medium", "campaign", "partner"}.
    link = models.ForeignKey(
        "CheckoutLink", models.SET_NULL, null=True, blank=True, related_name="carts", verbose_name=_("link")
    )
    attribution = models.JSONField(_("came from"), default=dict, blank=True)
    # When the way back was mailed, once at most, and when somebody came by it.
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True, editable=False)
    recovered_at = models.DateTimeField(_("came back"), null=True, blank=True, editable=False)
    abandoned_at = models.DateTimeField(_("left behind"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        constraints = [
            models.UniqueConstraint(
                fields=["business", "user"],
                condition=Q(state="active", user__isnull=False),
                name="cart_one_active_per_user",
            ),
            models.CheckConstraint(
                condition=~Q(state="converted") | Q(checkout_id__isnull=False),
                name="cart_converted_has_checkout",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "-updated_at"], name="cart_recent"),
            models.Index(fields=["updated_at"], name="cart_idle", condition=Q(state="active")),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def is_left_behind(self, before: dt.datetime) -> bool:
        """Whether an address is known, nobody has touched it since `before`, and that is not noted yet."""
        is_noted = self.abandoned_at is not None and self.abandoned_at >= self.updated_at
        return bool(self.email) and self.updated_at < before and not is_noted

    @property
    def cookie_value(self) -> str:
        """The signed token that a visitor's cookie or a program holds."""
        return sign_token(self.token)


class CheckoutLink(TenantEntity):
    """An address that opens a checkout with goods in it. Whoever has it may follow it."""

    name = models.CharField(_("name"), max_length=80, blank=True)
    token = models.CharField(max_length=24, unique=True, editable=False)
    # Variants and how many of each.
    lines = models.JSONField(_("goods"), default=list)
    codes = ArrayField(models.CharField(max_length=40), verbose_name=_("codes"), default=list, blank=True)
    attribution = models.JSONField(_("came from"), default=dict, blank=True)
    expires_at = models.DateTimeField(_("works until"), null=True, blank=True)
    most_uses = models.PositiveIntegerField(_("orders at most"), null=True, blank=True)
    uses = models.PositiveIntegerField(_("orders"), default=0, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("checkout link")
        verbose_name_plural = _("checkout links")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(most_uses=None) | Q(uses__lte=F("most_uses")), name="link_uses_within_most"
            ),
        ]
        indexes = [models.Index(fields=["business", "-created_at", "-id"], name="link_recent")]

    def __str__(self) -> str:
        return self.name or self.token

    def works_at(self, moment: dt.datetime) -> bool:
        """Whether it opens a checkout now."""
        is_used_up = self.most_uses is not None and self.uses >= self.most_uses
        return (
            self.ended_at is None and not is_used_up and (self.expires_at is None or moment < self.expires_at)
        )


class CartGroup(TenantEntity):
    """The part of a cart that one seller will fulfil: one order at checkout."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="groups", verbose_name=_("cart"))
    seller = models.ForeignKey(
        settings.TENANT_MODEL, models.PROTECT, related_name="+", verbose_name=_("seller")
    )

    class Meta:
        verbose_name = _("cart group")
        verbose_name_plural = _("cart groups")
        constraints = [models.UniqueConstraint(fields=["cart", "seller"], name="cart_group_once_per_seller")]

    def __str__(self) -> str:
        return str(self.seller_id)


class CartItem(TenantEntity):
    """A quantity of one variant that is wanted."""

    group = models.ForeignKey(CartGroup, models.CASCADE, related_name="items", verbose_name=_("group"))
    variant = models.ForeignKey(
        "catalog.Variant", models.CASCADE, related_name="+", verbose_name=_("variant")
    )
    # Of a pack the quantity counts packs.
    pack = models.ForeignKey(
        "catalog.Pack", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("pack")
    )
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("cart item")
        verbose_name_plural = _("cart items")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "variant", "pack"], name="cart_item_once_per_pack", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="cart_item_quantity_in_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"

    @property
    def stock_pieces(self) -> int:
        """Stock units that are wanted."""
        return self.quantity * (self.pack.quantity if self.pack else 1)

    @property
    def rule(self) -> QuantityRule:
        """How many may be bought at once, counted as this item counts."""
        rule = rule_of(self.variant)
        return rule.in_packs(self.pack.quantity) if self.pack else rule

    @property
    def choice(self) -> str:
        """Variant and pack in words."""
        return " · ".join(part for part in (self.variant.title, self.pack.name if self.pack else "") if part)


class Quote(TenantEntity):
    """What a cart would cost until `expires_at`: prices, taxes, delivery, warnings. Never touches stock."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="quotes", verbose_name=_("cart"))
    expires_at = models.DateTimeField(_("valid until"))
    currency = models.CharField(_("currency"), max_length=3)
    total = MoneyField(_("total"))
    # A digest of everything that was agreed to: pieces, prices, taxes, delivery.
    fingerprint = models.CharField(max_length=64, editable=False)
    snapshot = models.JSONField(default=dict)
    # What carriers have yet to be asked for the ways of delivery to be complete; for who just made it, not kept.
    unasked: Sequence[Any] = ()

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        indexes = [
            models.Index(fields=["cart", "-id"], name="quote_of_cart"),
            models.Index(fields=["expires_at"], name="quote_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.total} {self.currency}"

    @property
    def has_expired(self) -> bool:
        """Whether the fifteen minutes are over."""
        return clock.now() >= self.expires_at

    @property
    def can_be_submitted(self) -> bool:
        """Whether nothing stands in the way: no hard error in any group."""
        return not self.snapshot.get("errors")


class Checkout(TenantEntity):
    """What one buyer submitted at once. `orders` lists what became of each group."""

    cart = models.OneToOneField(Cart, models.PROTECT, related_name="checkout", verbose_name=_("cart"))
    currency = models.CharField(_("currency"), max_length=3)
    total = MoneyField(_("total"))
    # What became of each seller's part: [{"order_id", "number", "token", "business_id", "total", "payment_id"}], the
    # last may be null, in order of seller; behind them what was left in the open cart: [{"order_id": null, "reasons"}].
    orders = models.JSONField(default=list)
    submitted_at = models.DateTimeField(_("submitted"), default=clock.now)

    class Meta:
        verbose_name = _("checkout")
        verbose_name_plural = _("checkouts")

    def __str__(self) -> str:
        return ", ".join(order["number"] for order in self.placed)

    @property
    def placed(self) -> list[dict[str, Any]]:
        """The orders that came about, in order of seller."""
        return [part for part in self.orders if part["order_id"]]

    @property
    def left(self) -> list[dict[str, Any]]:
        """Sellers' parts that were not ordered, each with a reason for each of its items."""
        return [part for part in self.orders if not part["order_id"]]

    @property
    def first_order(self) -> dict[str, Any]:
        """The order of the first group; the only one in a single shop."""
        order: dict[str, Any] = self.orders[0]
        return order

    def order_of(self, business_id: UUID) -> dict[str, Any]:
        """The order of this seller, else the first."""
        own = (one for one in self.placed if one["business_id"] == str(business_id))
        return next(own, self.first_order)

    @property
    def payment_ids(self) -> list[str]:
        """Payments that wait to be made, in order of seller."""
        return [order["payment_id"] for order in self.orders if order["payment_id"]]
