"""People who buy, and where they live."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _
from guardian.managers import UserObjectPermissionManager
from guardian.models import UserObjectPermissionBase

from apps.kernel.models import MoneyField, TenantEntity
from apps.kernel.tenancy import TenantManager
from apps.people.customers.addresses import postal_lines

# The per-object right of somebody who looks after a customer; kept by django-guardian.
LOOK_AFTER = "look_after_customer"


class Company(TenantEntity):
    """A buying organisation with several customers as its persons. `terms_days` None: it pays in advance.

    `credit_limit` and `least_order` are in the currency of the business; the limit holds for all that it owes and has
    on order together. `rep` looks after its persons.
    """

    name = models.CharField(_("name"), max_length=120)
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail for invoices"), blank=True)
    line1 = models.CharField(_("address"), max_length=120, blank=True)
    line2 = models.CharField(_("address, second line"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    region = models.CharField(_("region"), max_length=80, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    terms_days = models.PositiveSmallIntegerField(_("days to pay"), null=True, blank=True)
    credit_limit = MoneyField(_("credit limit"), default=0)
    least_order = MoneyField(_("smallest order"), default=0)
    po_required = models.BooleanField(_("every order names the buyer's order number"), default=False)
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("looked after by"),
    )
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints = [
            models.CheckConstraint(
                condition=Q(credit_limit__gte=0, least_order__gte=0), name="company_amounts_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(terms_days__isnull=True) | Q(terms_days__lte=365),
                name="company_terms_within_a_year",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="company_named"),
        ]
        indexes = [
            models.Index(fields=["business", "name", "id"], name="company_by_name"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="company_name_search"),
        ]

    def __str__(self) -> str:
        return self.name


class Customer(TenantEntity):
    """A person who buys from one business; `email` is kept in small letters and is null when not known."""

    name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sign-in"),
    )
    company = models.ForeignKey(
        Company,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="persons",
        verbose_name=_("company"),
    )
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("tags"), default=list, blank=True)
    accepts_marketing = models.BooleanField(_("wants to hear from us"), default=False)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [(LOOK_AFTER, "Can look after the customer")]
        constraints = [
            models.UniqueConstraint(fields=["business", "email"], name="customer_email_once"),
            models.UniqueConstraint(
                fields=["business", "user"], condition=Q(user__isnull=False), name="customer_user_once"
            ),
            models.CheckConstraint(
                condition=Q(email__isnull=True) | (Q(email=Lower("email")) & ~Q(email="")),
                name="customer_email_in_small_letters",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "-id"], name="customer_recent"),
            models.Index(
                fields=["business", "email"],
                name="customer_email_beginning",
                opclasses=["uuid_ops", "varchar_pattern_ops"],
            ),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_name_search"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone or str(self.pk)


class CustomerAddress(TenantEntity):
    """Where a customer has things delivered."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="addresses", verbose_name=_("customer")
    )
    name = models.CharField(_("name"), max_length=120)
    line1 = models.CharField(_("address"), max_length=120)
    line2 = models.CharField(_("address, second line"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=80)
    region = models.CharField(_("region"), max_length=80, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2)
    is_default = models.BooleanField(_("default address"), default=False)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_default=True), name="customer_one_default_address"
            ),
        ]

    def __str__(self) -> str:
        streets = (self.line1, self.line2)
        return ", ".join(postal_lines(streets, self.city, self.region, self.postcode, self.country))


class KeeperManager(TenantManager["CustomerKeeper"], UserObjectPermissionManager):
    """Guardian's own manager, for the rows of the bound business only."""


class CustomerKeeper(UserObjectPermissionBase, TenantEntity):
    """Who looks after a customer: guardian's per-object right, in a table of its own with a real foreign key."""

    content_object = models.ForeignKey(
        Customer, models.CASCADE, related_name="keepers", verbose_name=_("customer")
    )

    objects: ClassVar[KeeperManager] = KeeperManager()

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        verbose_name = _("who looks after a customer")
        verbose_name_plural = _("who looks after customers")

    def __str__(self) -> str:
        return f"{self.user_id} {self.content_object_id}"
