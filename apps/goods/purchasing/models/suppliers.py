"""Who sells to the business, its people and addresses, what was said, and what it sells at which cost."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity


class Supplier(TenantEntity):
    """A company or person that goods are bought from. Costs and totals are in its `currency`."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        ARCHIVED = "archived", _("Archived")

    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=160)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)
    currency = models.CharField(
        _("currency"), max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$", _("Use a code such as GBP."))]
    )
    tax_rate = models.DecimalField(_("usual tax rate"), max_digits=7, decimal_places=4, default=0)
    payment_days = models.PositiveSmallIntegerField(_("payment after days"), default=30)
    lead_days = models.PositiveSmallIntegerField(_("delivery takes days"), default=7)
    minimum_order = MoneyField(_("minimum order"), null=True, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint("business", Upper("code"), name="purchasing_supplier_code_once"),
            models.CheckConstraint(
                condition=Q(tax_rate__gte=0) & Q(tax_rate__lt=1), name="purchasing_supplier_tax_is_a_fraction"
            ),
            models.CheckConstraint(
                condition=Q(minimum_order__isnull=True) | Q(minimum_order__gte=0),
                name="purchasing_supplier_minimum_not_negative",
            ),
        ]
        indexes = [models.Index(fields=("business", "status", "name"), name="purchasing_supplier_list")]

    def __str__(self) -> str:
        return self.name


class SupplierContact(TenantEntity):
    """A person at a supplier. Orders go to who `takes_orders`."""

    updated_at = None
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=120)
    job = models.CharField(_("job"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    takes_orders = models.BooleanField(_("takes orders"), default=False)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("supplier", "name", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(takes_orders=False) | ~Q(email=""),
                name="purchasing_contact_for_orders_has_an_address",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SupplierAddress(TenantEntity):
    """Where a supplier is, sends from, or takes goods back."""

    class Kind(models.TextChoices):
        OFFICE = "office", _("Office")
        WAREHOUSE = "warehouse", _("Warehouse")
        RETURNS = "returns", _("Returns")

    updated_at = None
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.OFFICE)
    line1 = models.CharField(_("address"), max_length=120)
    line2 = models.CharField(_("address, second line"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=80)
    region = models.CharField(_("region"), max_length=80, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2)

    class Meta:
        verbose_name = _("supplier's address")
        verbose_name_plural = _("suppliers' addresses")
        ordering = ("supplier", "kind", "id")

    def __str__(self) -> str:
        return ", ".join(self.lines)

    @property
    def lines(self) -> list[str]:
        """The address as it stands on a paper."""
        town = " ".join(part for part in (self.postcode, self.city) if part)
        return [part for part in (self.line1, self.line2, town, self.region, self.country) if part]


class SupplierNote(TenantEntity):
    """One entry of the communication log: what was said, by whom of ours, when. Never changed."""

    class Channel(models.TextChoices):
        CALL = "call", _("Telephone")
        MAIL = "mail", _("E-mail")
        MEETING = "meeting", _("Meeting")
        OTHER = "other", _("Other")

    updated_at = None
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="notes")
    channel = models.CharField(_("how"), max_length=8, choices=Channel, default=Channel.CALL)
    happened_on = models.DateField(_("on"))
    text = models.TextField(_("what was said"))
    actor_label = models.CharField(_("by"), max_length=200)

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log entries")
        ordering = ("-happened_on", "-id")
        indexes = [models.Index(fields=("supplier", "-happened_on", "-id"), name="purchasing_note_recent")]

    def __str__(self) -> str:
        return f"{self.happened_on}: {self.text[:60]}"


class SupplierItem(TenantEntity):
    """A variant as a supplier sells it. `cost` is for one piece, in the supplier's currency, without tax.

    `pack_cost` is what a pack of `pack_size` costs, where that is what the supplier says: the cost of one piece
    is then rounded to four places, the pack's is exact.
    """

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="items")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.CASCADE, related_name="+")
    supplier_sku = models.CharField(_("supplier's SKU"), max_length=120, blank=True)
    cost = MoneyField(_("cost"))
    pack_size = models.PositiveIntegerField(_("pieces in a pack"), default=1)
    pack_cost = MoneyField(_("cost of a pack"), null=True, blank=True)
    minimum_quantity = models.PositiveIntegerField(_("least quantity"), default=1)
    lead_days = models.PositiveSmallIntegerField(_("delivery takes days"), null=True, blank=True)
    is_preferred = models.BooleanField(_("bought here first"), default=False)

    class Meta:
        verbose_name = _("supplier's item")
        verbose_name_plural = _("suppliers' items")
        ordering = ("supplier", "id")
        constraints = [
            models.UniqueConstraint(fields=("supplier", "variant"), name="purchasing_item_once"),
            models.UniqueConstraint(
                fields=("variant",), condition=Q(is_preferred=True), name="purchasing_item_one_preferred"
            ),
            models.CheckConstraint(condition=Q(cost__gte=0), name="purchasing_item_cost_not_negative"),
            models.CheckConstraint(
                condition=Q(pack_size__gte=1) & Q(minimum_quantity__gte=1), name="purchasing_item_some"
            ),
            models.CheckConstraint(
                condition=Q(pack_cost__isnull=True) | Q(pack_cost__gte=0, pack_size__gte=2),
                name="purchasing_item_cost_of_a_pack",
            ),
        ]

    def __str__(self) -> str:
        return self.supplier_sku or str(self.variant)

    @property
    def days(self) -> int:
        """How long delivery takes: the item's own time, else the supplier's."""
        return self.supplier.lead_days if self.lead_days is None else self.lead_days
