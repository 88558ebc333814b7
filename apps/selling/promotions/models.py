"""Promotions, their codes, and what was taken off which order."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.ids import new_id
from apps.kernel.models import MoneyField, TenantEntity


def new_seed() -> str:
    """Something that no other test divides by."""
    return new_id().hex


class Kind(models.TextChoices):
    PERCENT = "percent", _("Percent off")
    AMOUNT = "amount", _("Amount off")
    DELIVERY = "delivery", _("Free delivery")
    GET = "get", _("Buy some, get some")
    BUNDLE = "bundle", _("Bundle at a fixed price")


class State(models.TextChoices):
    SCHEDULED = "scheduled", _("Scheduled")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


def _keys() -> ArrayField[Any, Any]:
    return ArrayField(models.UUIDField(), default=list, blank=True)


class Promotion(TenantEntity):
    """What is taken off, of what, for whom, when and how often. Amounts in the business's currency and tax mode."""

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # Percent, amount, price of the bundle; for free delivery its limit, empty for all of it.
    value = MoneyField(_("value"), null=True, blank=True)
    each_piece = models.BooleanField(_("for each piece"), default=False)
    # Pieces to buy (or of a bundle; empty: one of each chosen thing), and pieces to get.
    buy_quantity = models.PositiveIntegerField(_("buy"), null=True, blank=True)
    get_quantity = models.PositiveIntegerField(_("get"), null=True, blank=True)

    # Of what; all empty is the whole order.
    products, variants, categories, collections, brands = _keys(), _keys(), _keys(), _keys(), _keys()
    # What is got; empty is the same as what is bought.
    gift_products, gift_variants = _keys(), _keys()

    needs_code = models.BooleanField(_("needs a code"), default=False)
    minimum_amount = MoneyField(_("minimum spend"), null=True, blank=True)
    minimum_quantity = models.PositiveIntegerField(_("minimum pieces"), null=True, blank=True)
    customer_tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    first_order_only = models.BooleanField(_("first order only"), default=False)
    channels = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)

    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    # ISO: Monday is 1. Hours in the business's time zone.
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    from_time = models.TimeField(_("from o'clock"), null=True, blank=True)
    to_time = models.TimeField(_("until o'clock"), null=True, blank=True)

    use_limit = models.PositiveIntegerField(_("uses in total"), null=True, blank=True)
    per_customer_limit = models.PositiveIntegerField(_("uses per customer"), null=True, blank=True)
    times_per_order = models.PositiveIntegerField(_("times within an order"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=100)
    exclusive = models.BooleanField(_("not together with others"), default=False)
    group = models.CharField(_("group"), max_length=40, blank=True)

    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Counted only while there is a limit, under lock.
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ["priority", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="promotion_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="delivery") | Q(value__isnull=False), name="promotion_has_a_value"
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=0), name="promotion_value_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("percent", "get")) | Q(value__gt=0, value__lte=100),
                name="promotion_percent_up_to_hundred",
            ),
            models.CheckConstraint(
                condition=~Q(kind="get") | Q(buy_quantity__gte=1, get_quantity__gte=1),
                name="promotion_buys_and_gets_pieces",
            ),
            models.CheckConstraint(
                condition=Q(use_limit__isnull=True) | Q(used__lte=F("use_limit")),
                name="promotion_never_used_too_often",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="promotion_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(
                fields=["business", "priority", "id"],
                name="promotion_live",
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> State:
        """Where it stands now."""
        now = clock.now()
        if self.ended_at is not None or (self.ends_at is not None and self.ends_at <= now):
            return State.ENDED
        if self.paused_at is not None:
            return State.PAUSED
        if self.starts_at is not None and self.starts_at > now:
            return State.SCHEDULED
        return State.RUNNING

    @property
    def has_scope(self) -> bool:
        """Whether it is for chosen goods, not for the whole order."""
        return any((self.products, self.variants, self.categories, self.collections, self.brands))


class PromotionTest(TenantEntity):
    """Versions of a promotion, each for its part of the buyers, until one of them is chosen."""

    name = models.CharField(_("name"), max_length=80)
    # With it buyers are divided; another test divides them in another way.
    seed = models.CharField(max_length=32, default=new_seed, editable=False)
    started_at = models.DateTimeField(_("began"), default=clock.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("test of promotions")
        verbose_name_plural = _("tests of promotions")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class TestArm(TenantEntity):
    """A version in a test: the buyers whose number lies from `first` to below `last`. Without a promotion: nothing."""

    # Not a test of ours: pytest would collect it by its name.
    __test__ = False

    test = models.ForeignKey(PromotionTest, models.PROTECT, related_name="arms", verbose_name=_("test"))
    promotion = models.ForeignKey(Promotion, models.PROTECT, null=True, related_name="arms")
    position = models.PositiveSmallIntegerField()
    first = models.PositiveSmallIntegerField()
    last = models.PositiveSmallIntegerField()
    # While the test runs; a promotion is in one running test at most.
    live = models.BooleanField(default=True)
    chosen = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("version in a test")
        verbose_name_plural = _("versions in tests")
        ordering = ["test", "position"]
        constraints = [
            models.UniqueConstraint(fields=["test", "position"], name="promotion_arm_position_once"),
            models.UniqueConstraint(
                fields=["promotion"],
                condition=Q(live=True, promotion__isnull=False),
                name="promotion_in_one_running_test",
            ),
            models.CheckConstraint(condition=Q(last__gt=F("first")), name="promotion_arm_has_buyers"),
        ]

    def __str__(self) -> str:
        return str(self.promotion) if self.promotion else str(_("nothing"))


class TestBuyer(TenantEntity):
    """A buyer who was quoted while a test ran, counted once."""

    __test__ = False
    updated_at = None

    test = models.ForeignKey(PromotionTest, models.PROTECT, related_name="+")
    arm = models.ForeignKey(TestArm, models.PROTECT, related_name="buyers")
    unit = models.CharField(max_length=254)

    class Meta:
        verbose_name = _("buyer in a test")
        verbose_name_plural = _("buyers in tests")
        constraints = [models.UniqueConstraint(fields=["test", "unit"], name="promotion_test_buyer_once")]
        indexes = [models.Index(fields=["arm"], name="promotion_test_buyers")]

    def __str__(self) -> str:
        return self.unit


class TestOrder(TenantEntity):
    """An order of a buyer in a test, counted once; released when it came to nothing."""

    __test__ = False
    updated_at = None

    buyer = models.ForeignKey(TestBuyer, models.PROTECT, related_name="orders")
    arm = models.ForeignKey(TestArm, models.PROTECT, related_name="orders")
    order_id = models.UUIDField()
    revenue = MoneyField(_("order"))
    discount = MoneyField(_("discount"))
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("order in a test")
        verbose_name_plural = _("orders in tests")
        constraints = [
            models.UniqueConstraint(fields=["buyer", "order_id"], name="promotion_test_order_once")
        ]
        indexes = [models.Index(fields=["order_id"], name="promotion_test_of_order")]

    def __str__(self) -> str:
        return str(self.order_id)


class PromotionCode(TenantEntity):
    """A word that lets a promotion apply. Without `use_limit` it works as often as the promotion does."""

    promotion = models.ForeignKey(
        Promotion, models.CASCADE, related_name="codes", verbose_name=_("promotion")
    )
    code = models.CharField(_("code"), max_length=40)
    use_limit = models.PositiveIntegerField(_("uses"), null=True, blank=True)
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["business", "code"], name="promotion_code_once"),
            models.CheckConstraint(
                condition=Q(use_limit__isnull=True) | Q(used__lte=F("use_limit")),
                name="promotion_code_never_used_too_often",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class AppliedPromotion(TenantEntity):
    """What a promotion took off one order, as it was. Released rows count no longer."""

    promotion = models.ForeignKey(
        Promotion, models.PROTECT, related_name="applied", verbose_name=_("promotion")
    )
    code = models.ForeignKey(PromotionCode, models.PROTECT, null=True, related_name="applied")
    owner_type = models.CharField(max_length=20)
    owner_id = models.UUIDField()
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    code_text = models.CharField(_("code"), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    currency = models.CharField(_("currency"), max_length=3)
    amount = MoneyField(_("amount"))
    # What the order came to, for the report.
    revenue = MoneyField(_("order"))
    # {line id: amount} as text; empty for delivery.
    shares = models.JSONField(default=dict)
    # Which of the uses that a customer has it is: two orders at once cannot take the same one.
    slot = models.PositiveIntegerField(null=True, editable=False)
    # Whether it is one of the promotion's counted uses; see `services.consuming`.
    counted = models.BooleanField(default=False, editable=False)
    applied_at = models.DateTimeField(_("applied"), default=clock.now)
    released_at = models.DateTimeField(_("given back"), null=True, blank=True)

    class Meta:
        verbose_name = _("applied promotion")
        verbose_name_plural = _("applied promotions")
        constraints = [
            models.UniqueConstraint(
                fields=["promotion", "owner_type", "owner_id"], name="promotion_once_per_order"
            ),
            models.UniqueConstraint(
                fields=["promotion", "customer", "slot"],
                condition=Q(released_at=None, slot__isnull=False),
                name="promotion_uses_of_a_customer",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="promotion_applied_takes_something"),
        ]
        indexes = [
            models.Index(
                fields=["promotion", "customer"], name="promotion_uses", condition=Q(released_at=None)
            ),
            models.Index(fields=["owner_id"], name="promotion_of_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.name} −{self.amount} {self.currency}"
