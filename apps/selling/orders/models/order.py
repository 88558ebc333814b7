"""The order itself: who bought, what it comes to, where it stands, and where its money is."""

from __future__ import annotations

from decimal import Decimal
from typing import cast
from uuid import UUID

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity
from apps.people.customers.addresses import postal_lines
from apps.platform.businesses.channels import Channel
from apps.selling.orders.states import FulfilmentState, OrderState, PaymentState

TO_SHIP = Q(
    state="confirmed",
    payment_state__in=("paid", "part_refunded", "authorised", "on_terms"),
    fulfilment_state__in=("unfulfilled", "part_fulfilled", "ready"),
)

_PROMISE = (
    "business_id",
    "number",
    "currency",
    "tax_inclusive",
    "subtotal",
    "discount_total",
    "shipping_net",
    "shipping_tax",
    "shipping_total",
    "tax_total",
    "shipping_tax_parts",
    "tax_note",
    "total",
    "promotions",
)
# An amendment writes the version it makes before it changes anything, in the same transaction.
_REFUSE_WHEN_PAID = """
    IF OLD.paid_total > 0 AND NOT EXISTS (
        SELECT 1 FROM orders_orderversion AS made
        WHERE made.order_id = NEW.id AND made.number = NEW.version AND made.number = OLD.version + 1
            AND made.total = NEW.total AND made.made_in = txid_current()
            AND ROW(NEW.business_id, NEW.number, NEW.currency, NEW.tax_inclusive)
                = ROW(OLD.business_id, OLD.number, OLD.currency, OLD.tax_inclusive)
    ) THEN
        RAISE EXCEPTION 'the totals of a paid order are frozen' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Order(TenantEntity):
    """One seller's promise to one buyer. `business` is the seller."""

    number = models.CharField(_("number"), max_length=24)
    currency = models.CharField(_("currency"), max_length=3)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, related_name="orders", verbose_name=_("customer")
    )
    # Where the buyer came from: {"source", "medium", "campaign", "partner"}, as a signed mark said.
    attribution = models.JSONField(_("came from"), default=dict, blank=True, editable=False)
    checkout_id = models.UUIDField(null=True, editable=False)
    public_token = models.CharField(max_length=64, unique=True, editable=False)
    language = models.CharField(max_length=16, default="en")

    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    ship_name = models.CharField(_("name"), max_length=120, blank=True)
    ship_line1 = models.CharField(_("address"), max_length=120, blank=True)
    ship_line2 = models.CharField(_("address, second line"), max_length=120, blank=True)
    ship_city = models.CharField(_("city"), max_length=80, blank=True)
    ship_region = models.CharField(_("region"), max_length=80, blank=True)
    ship_postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    ship_country = models.CharField(_("country"), max_length=2, blank=True)
    shipping_name = models.CharField(_("delivery"), max_length=120, blank=True)
    note = models.TextField(_("note of the buyer"), blank=True)
    po_number = models.CharField(_("buyer's order number"), max_length=60, blank=True, db_default="")
    # On account: the company that pays its invoices, and how many days after them, as agreed when it was placed.
    company = models.ForeignKey(
        "customers.Company",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("company"),
    )
    terms_days = models.PositiveSmallIntegerField(_("days to pay"), null=True, blank=True)
    # By how much the company went over its limit with it; somebody has to say yes before it is confirmed.
    over_limit_by = MoneyField(_("over the limit by"), default=0, db_default=0)
    # Who of the staff placed it; nobody for buyers.
    placed_by_id = models.UUIDField(null=True, blank=True, editable=False)
    # Which of its versions this is: each amendment makes the next one.
    version = models.PositiveSmallIntegerField(_("version"), default=1, db_default=1)
    tags = ArrayField(
        models.CharField(max_length=40), verbose_name=_("tags"), default=list, db_default=[], blank=True
    )
    # When the seller was reminded that somebody waits.
    nudged_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    # When the buyer was reminded that it is not paid yet.
    reminded_at = models.DateTimeField(_("payment reminded"), null=True, blank=True, editable=False)
    # Since when a wish of the buyer to change it waits for the shop's answer.
    change_asked_at = models.DateTimeField(_("change asked for"), null=True, blank=True)
    # The order that this one tries again.
    retry_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="retries", verbose_name=_("tries again")
    )

    state = models.CharField(_("order"), max_length=16, choices=OrderState.choices, default=OrderState.DRAFT)
    payment_state = models.CharField(
        _("payment"), max_length=16, choices=PaymentState.choices, default=PaymentState.UNPAID
    )
    fulfilment_state = models.CharField(
        _("fulfilment"), max_length=16, choices=FulfilmentState.choices, default=FulfilmentState.UNFULFILLED
    )

    # What it comes to. Frozen by trigger once money has come in.
    tax_inclusive = models.BooleanField(_("prices include tax"))
    subtotal = MoneyField(_("items"))
    discount_total = MoneyField(_("discount"), default=0)
    # What took something off, as it was: [{"promotion_id", "name", "code", "kind", "amount", "lines": {id: amount}}].
    promotions = models.JSONField(_("promotions"), default=list, blank=True)
    shipping_net = MoneyField(_("delivery without tax"), default=0)
    shipping_tax = MoneyField(_("tax on delivery"), default=0)
    shipping_total = MoneyField(_("delivery"), default=0)
    tax_total = MoneyField(_("tax"), default=0)
    # What `shipping_tax` is made of, as with lines; and why no tax is charged, in the words that papers print.
    shipping_tax_parts = models.JSONField(default=list, blank=True, editable=False, db_default=[])
    tax_note = models.CharField(_("note on tax"), max_length=250, blank=True, db_default="")
    total = MoneyField(_("total"))

    # Where its money is: came in; became revenue when goods left; went back of that; went back before that.
    paid_total = MoneyField(_("paid"), default=0)
    refunded_total = MoneyField(_("refunded"), default=0)
    recognised_total = MoneyField(_("sold"), default=0)
    returned_total = MoneyField(_("refunded of sold goods"), default=0)
    deposit_refunded_total = MoneyField(_("refunded before goods left"), default=0)
    # Of that: went back because it was too much, by an overpayment or an amendment. No piece was given up for it.
    excess_total = MoneyField(_("paid too much and given back"), default=0, db_default=0)

    # On account: what of `paid_total`, which then counts what went on the account, the company has really paid.
    settled_total = MoneyField(_("paid by the company"), default=0, db_default=0)

    # The delivery charge takes the same three ways as the lines do.
    shipping_recognised_net = MoneyField(default=0, editable=False)
    shipping_recognised_tax = MoneyField(default=0, editable=False)
    shipping_released_net = MoneyField(default=0, editable=False)
    shipping_released_tax = MoneyField(default=0, editable=False)
    shipping_returned_net = MoneyField(default=0, editable=False)
    shipping_returned_tax = MoneyField(default=0, editable=False)

    placed_at = models.DateTimeField(_("placed"), default=clock.now)
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["business", "number"], name="order_number_once"),
            models.CheckConstraint(
                condition=Q(shipping_total=F("shipping_net") + F("shipping_tax")),
                name="order_shipping_is_net_and_tax",
            ),
            models.CheckConstraint(
                condition=Q(
                    tax_inclusive=True, total=F("subtotal") - F("discount_total") + F("shipping_total")
                )
                | Q(
                    tax_inclusive=False,
                    total=F("subtotal") - F("discount_total") + F("shipping_net") + F("tax_total"),
                ),
                name="order_total_is_the_sum_of_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(
                    subtotal__gte=0,
                    discount_total__gte=0,
                    shipping_net__gte=0,
                    shipping_tax__gte=0,
                    tax_total__gte=F("shipping_tax"),
                    total__gte=F("tax_total"),
                ),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(paid_total__gte=F("refunded_total"), refunded_total__gte=0),
                name="order_never_refunds_more_than_was_paid",
            ),
            models.CheckConstraint(
                condition=Q(refunded_total=F("returned_total") + F("deposit_refunded_total")),
                name="order_refunds_are_returns_and_deposits",
            ),
            models.CheckConstraint(
                condition=Q(paid_total__gte=F("recognised_total") + F("deposit_refunded_total")),
                name="order_deposit_never_negative",
            ),
            models.CheckConstraint(
                condition=Q(excess_total__gte=0, deposit_refunded_total__gte=F("excess_total")),
                name="order_excess_is_of_the_deposit",
            ),
            models.CheckConstraint(
                condition=Q(company__isnull=True, terms_days__isnull=True, settled_total=0)
                | Q(company__isnull=False, terms_days__isnull=False, settled_total__gte=0),
                name="order_on_account_of_a_company",
            ),
            models.CheckConstraint(
                condition=Q(settled_total__lte=F("paid_total")), name="order_settles_what_is_on_account"
            ),
            models.CheckConstraint(condition=Q(over_limit_by__gte=0), name="order_over_limit_not_negative"),
            models.CheckConstraint(
                condition=Q(recognised_total__gte=F("returned_total"), recognised_total__lte=F("total")),
                name="order_sells_no_more_than_its_total",
            ),
            models.CheckConstraint(
                condition=Q(shipping_net__gte=F("shipping_recognised_net") + F("shipping_released_net"))
                & Q(shipping_tax__gte=F("shipping_recognised_tax") + F("shipping_released_tax"))
                & Q(shipping_recognised_net__gte=F("shipping_returned_net"))
                & Q(shipping_recognised_tax__gte=F("shipping_returned_tax")),
                name="order_shipping_charged_once",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "-placed_at", "-id"], name="order_recent"),
            models.Index(fields=["business", "placed_at", "id"], name="order_to_ship", condition=TO_SHIP),
            models.Index(
                fields=["business", "placed_at", "id"], name="order_unpaid", condition=Q(state="placed")
            ),
            models.Index(
                fields=["business", "-placed_at", "-id"],
                name="order_ended",
                condition=Q(state__in=("cancelled", "expired", "rejected")),
            ),
            models.Index(fields=["expires_at"], name="order_due", condition=Q(state="placed")),
            models.Index(
                fields=["checkout_id"], name="order_checkout", condition=Q(checkout_id__isnull=False)
            ),
            # The pattern class serves both the whole address and its beginning, in any collation.
            models.Index(
                fields=["business", "email"],
                name="order_email",
                opclasses=["uuid_ops", "varchar_pattern_ops"],
            ),
            models.Index(
                fields=["company", "-placed_at"], name="order_of_company", condition=Q(company__isnull=False)
            ),
            models.Index(
                fields=["business", "change_asked_at"],
                name="order_change_asked",
                condition=Q(change_asked_at__isnull=False),
            ),
            models.Index(Upper("po_number"), name="order_po_number", condition=~Q(po_number="")),
            GinIndex(OpClass(Upper("ship_name"), name="gin_trgm_ops"), name="order_name_search"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="totals_frozen_once_paid",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf(*_PROMISE),
                condition=pgtrigger.AnyChange(*_PROMISE),
                func=_REFUSE_WHEN_PAID,
            ),
            pgtrigger.Protect(
                name="kept_once_paid",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__paid_total__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def seller_id(self) -> UUID:
        """The selling business; every order has one."""
        return cast(UUID, self.business_id)

    @property
    def lines_total(self) -> Decimal:
        """What the lines come to, tax included."""
        return self.total - self.shipping_total

    @property
    def outstanding(self) -> Decimal:
        """What the buyer still owes while the order waits for money; money that went back was not for it.

        Nothing on account: the company pays the invoices.
        """
        if self.is_on_account:
            return Decimal(0)
        return max(Decimal(0), self.total - self.paid_total + self.excess_total)

    @property
    def is_on_account(self) -> bool:
        """Whether a company pays for it by its invoices."""
        return self.terms_days is not None

    @property
    def needs_approval(self) -> bool:
        """Whether it waits for somebody who lets its company go over the limit."""
        return (
            self.state == OrderState.PLACED
            and self.payment_state == PaymentState.ON_TERMS
            and self.over_limit_by > 0
        )

    @property
    def refundable(self) -> Decimal:
        """What came in and has not gone back."""
        return self.paid_total - self.refunded_total

    @property
    def deposit(self) -> Decimal:
        """Money held for goods that have not left."""
        return self.paid_total - self.recognised_total - self.deposit_refunded_total

    @property
    def shipping_waiting_net(self) -> Decimal:
        """Delivery charge that is neither sold nor given up, without tax."""
        return self.shipping_net - self.shipping_recognised_net - self.shipping_released_net

    @property
    def shipping_waiting_tax(self) -> Decimal:
        """The tax on `shipping_waiting_net`."""
        return self.shipping_tax - self.shipping_recognised_tax - self.shipping_released_tax

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be sent."""
        ended = (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REJECTED, OrderState.CLOSED)
        return self.state in ended

    @property
    def ship_lines(self) -> list[str]:
        """The delivery address as it is written on a parcel."""
        streets = (self.ship_line1, self.ship_line2)
        place = (self.ship_city, self.ship_region, self.ship_postcode, self.ship_country)
        return [line for line in (self.ship_name, *postal_lines(streets, *place)) if line]
