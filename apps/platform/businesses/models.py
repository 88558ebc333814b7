"""The tenant and who belongs to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import Entity, TenantEntity


class Business(Entity):
    """A merchant; every tenant-owned row of the product names one."""

    class Trade(models.TextChoices):
        VENDOR = "vendor", _("Sells")
        BUYER = "buyer", _("Buys")
        BOTH = "both", _("Sells and buys from other businesses")

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(
        _("store address"), max_length=63, unique=True, help_text=_("The last part of the store's link.")
    )
    trade = models.CharField(
        _("what the business does"),
        max_length=8,
        choices=Trade,
        default=Trade.VENDOR,
        db_default=Trade.VENDOR,
        help_text=_("A business that only buys has no store."),
    )
    currency = models.CharField(
        _("currency"), max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$", _("Use a code such as GBP."))]
    )
    tax_inclusive = models.BooleanField(_("prices include tax"), default=True)
    tax_rate = models.DecimalField(_("standard tax rate"), max_digits=7, decimal_places=4, default=Decimal(0))
    tax_name = models.CharField(_("tax name"), max_length=32, default="VAT")
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)
    tax_rounding = models.CharField(
        _("tax is rounded"),
        max_length=8,
        choices=[("line", _("on each line")), ("document", _("once a document"))],
        default="line",
        db_default="line",
    )
    tax_by_origin = models.BooleanField(
        _("taxed where we are"),
        default=False,
        db_default=False,
        help_text=_("Otherwise where goods are delivered to."),
    )
    # Read with the business, so that pricing asks nothing where nothing was ever set up. Never taken back.
    has_price_lists = models.BooleanField(default=False, db_default=False, editable=False)
    has_tax_rules = models.BooleanField(default=False, db_default=False, editable=False)
    has_display_rates = models.BooleanField(default=False, db_default=False, editable=False)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    language = models.CharField(_("language"), max_length=16, default="en")
    country = models.CharField(_("country"), max_length=2)
    line1 = models.CharField(_("address"), max_length=120, blank=True)
    line2 = models.CharField(_("address, second line"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    region = models.CharField(_("region"), max_length=80, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    unpaid_minutes = models.PositiveIntegerField(_("minutes an unpaid order is kept"), default=60)
    # Shut for a while: carts are kept, and orders that exist are paid and served as ever.
    orders_closed = models.BooleanField(_("takes no orders right now"), default=False, db_default=False)
    closed_words = models.CharField(
        _("what the store says meanwhile"), max_length=300, blank=True, db_default=""
    )
    order_prefix = models.CharField(_("order number prefix"), max_length=8, blank=True)
    accent_colour = models.CharField(
        _("accent colour"),
        max_length=7,
        default="#1b6b47",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Use a colour such as #1b6b47."))],
    )
    logo = models.ImageField(_("logo"), upload_to="logos/", blank=True)
    banner = models.ImageField(_("banner"), upload_to="banners/", blank=True, db_default="")
    is_demo = models.BooleanField(_("demo business"), default=False)
    two_step_required_at = models.DateTimeField(
        _("two-step sign-in required from"),
        null=True,
        blank=True,
        help_text=_(
            "From this moment nobody works here without two-step sign-in; empty: it is left to each."
        ),
    )
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True)
    suspension_reason = models.CharField(_("why it is suspended"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("business")
        verbose_name_plural = _("businesses")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(tax_rate__gte=0) & Q(tax_rate__lt=1), name="business_tax_rate_is_a_fraction"
            ),
            models.CheckConstraint(
                condition=Q(unpaid_minutes__gte=5), name="business_unpaid_minutes_at_least_five"
            ),
            models.CheckConstraint(
                condition=Q(tax_rounding__in=("line", "document")), name="business_tax_rounding_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Location(TenantEntity):
    """Where stock lies and sales happen."""

    class Kind(models.TextChoices):
        SHOP = "shop", _("Shop")
        WAREHOUSE = "warehouse", _("Warehouse")
        VAN = "van", _("Van")
        # Goods between two locations lie here: made by itself, never open, so that nothing is sold from it.
        TRANSIT = "transit", _("On the way")

    name = models.CharField(_("name"), max_length=80)
    code = models.CharField(_("code"), max_length=16)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.SHOP)
    is_default = models.BooleanField(_("default location"), default=False)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering: ClassVar = ["-is_default", "name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "code"], name="location_code_once"),
            models.UniqueConstraint(
                fields=["business"], condition=Q(is_default=True), name="location_one_default"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(active=True), name="location_default_is_active"
            ),
            models.UniqueConstraint(
                fields=["business"], condition=Q(kind="transit"), name="location_one_transit"
            ),
            models.CheckConstraint(
                condition=~Q(kind="transit") | Q(active=False), name="location_transit_is_never_open"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def chosen_kinds(cls) -> list[tuple[str, Any]]:
        """The kinds that people give to a location."""
        return [(value, label) for value, label in cls.Kind.choices if value != cls.Kind.TRANSIT]


class Role(TenantEntity):
    """A named set of permissions; `*` in the owner's role means all, also those of later features."""

    name = models.CharField(_("name"), max_length=60)
    code = models.SlugField(_("code"), max_length=40)
    permissions = ArrayField(models.CharField(max_length=80), verbose_name=_("permissions"), default=list)
    is_shipped = models.BooleanField(_("came with the product"), default=False)
    # A shipped role follows the product until the business makes it its own; see shipped_roles.py.
    is_changed = models.BooleanField(_("changed by the business"), default=False)
    offered = ArrayField(models.CharField(max_length=80), verbose_name=_("known permissions"), default=list)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "code"], name="role_code_once"),
            models.CheckConstraint(
                condition=~Q(code="owner") | Q(permissions=["*"]), name="role_owner_has_everything"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_owner(self) -> bool:
        return self.code == "owner"


class Membership(TenantEntity):
    """One user in one role of one business."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        INVITED = "invited", _("Invited")
        SUSPENDED = "suspended", _("Suspended")
        PENDING = "pending", _("Waiting for approval")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships", verbose_name=_("user")
    )
    role = models.ForeignKey(Role, models.PROTECT, related_name="memberships", verbose_name=_("role"))
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.ACTIVE)
    locations = models.ManyToManyField(
        Location, blank=True, related_name="memberships", verbose_name=_("only these locations")
    )
    own_customers_only = models.BooleanField(
        _("own customers only"),
        default=False,
        help_text=_("Sees the customers this person looks after, and their orders, and no others."),
    )
    invited_by_label = models.CharField(_("invited by"), max_length=120, blank=True)
    invited_at = models.DateTimeField(_("invited at"), null=True, blank=True)
    joined_at = models.DateTimeField(_("joined at"), null=True, blank=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering: ClassVar = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "user"], name="membership_once_per_business"),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "status"], name="membership_of_user")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
