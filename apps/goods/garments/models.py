"""Scales, colours, seasons, styles, charts; and what is known of one garment."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Collection, Product, ProductImage
from apps.kernel.models import TenantEntity
from apps.platform.media.models import Media


class SizeScale(TenantEntity):
    """Sizes in their order, smallest first."""

    class Kind(models.TextChoices):
        LETTERS = "letters", _("Letters (XS–XXL)")
        EU = "eu", _("Numbers, EU")
        UK = "uk", _("Numbers, UK")
        US = "us", _("Numbers, US")
        KIDS = "kids", _("Children")
        OWN = "own", _("Our own")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.LETTERS)
    sizes = models.JSONField(_("sizes"), default=list)

    class Meta:
        verbose_name = _("size scale")
        verbose_name_plural = _("size scales")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(F("business"), Upper("name"), name="garments_scale_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Colour(TenantEntity):
    """A colour of the library. Its name is the value of the option; `names` say it in other languages."""

    name = models.CharField(_("name"), max_length=60)
    hex = models.CharField(_("hex code"), max_length=7, blank=True)
    names = models.JSONField(_("names in other languages"), default=dict, blank=True)
    swatch = models.ForeignKey(
        Media, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("swatch")
    )
    # The object key that store pages show, so that no page reads the library.
    swatch_path = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("colour")
        verbose_name_plural = _("colours")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(F("business"), Upper("name"), name="garments_colour_name_unique"),
            models.CheckConstraint(
                condition=Q(hex="") | Q(hex__regex=r"^#[0-9a-f]{6}$"), name="garments_colour_hex"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Season(TenantEntity):
    class Half(models.TextChoices):
        SPRING = "SS", _("Spring and summer")
        AUTUMN = "FW", _("Autumn and winter")

    half = models.CharField(_("season"), max_length=2, choices=Half)
    year = models.PositiveSmallIntegerField(_("year"))
    collection = models.ForeignKey(
        Collection, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("season")
        verbose_name_plural = _("seasons")
        ordering = ("-year", "half")
        constraints = [
            models.UniqueConstraint(fields=("business", "half", "year"), name="garments_season_once"),
            models.CheckConstraint(condition=Q(year__range=(1950, 2100)), name="garments_season_year"),
        ]

    def __str__(self) -> str:
        return f"{self.half} {self.year}"


class Style(TenantEntity):
    """A design under its number; several products may share it."""

    number = models.CharField(_("style number"), max_length=40)
    name = models.CharField(_("name"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("style")
        verbose_name_plural = _("styles")
        ordering = ("number", "id")
        constraints = [
            models.UniqueConstraint(F("business"), Upper("number"), name="garments_style_number_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}".strip()


class SizeChart(TenantEntity):
    """How sizes are called in regions, and the body they fit: `rows` are `{"size", "regions", "measures"}`."""

    name = models.CharField(_("name"), max_length=80)
    regions = models.JSONField(_("regions"), default=list)
    measures = models.JSONField(_("body measures"), default=list)
    rows = models.JSONField(_("rows"), default=list)

    class Meta:
        verbose_name = _("size chart")
        verbose_name_plural = _("size charts")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(F("business"), Upper("name"), name="garments_chart_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def regions_words(self) -> str:
        return ", ".join(self.regions)


class Garment(TenantEntity):
    """What is known of one product besides the catalogue."""

    class Unit(models.TextChoices):
        CM = "cm", _("Centimetres")
        INCH = "in", _("Inches")

    product = models.OneToOneField(Product, on_delete=models.CASCADE, related_name="+", editable=False)
    style = models.ForeignKey(Style, on_delete=models.PROTECT, null=True, blank=True, related_name="garments")
    season = models.ForeignKey(
        Season, on_delete=models.PROTECT, null=True, blank=True, related_name="garments"
    )
    scale = models.ForeignKey(SizeScale, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    chart = models.ForeignKey(SizeChart, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # [{"part": "Shell", "materials": [{"name": "Cotton", "percent": "95"}, …]}, …]
    composition = models.JSONField(_("composition"), default=list, editable=False)
    # Codes of `care.SYMBOLS` in the order of the standard.
    care = models.JSONField(_("care"), default=list, editable=False)
    unit = models.CharField(_("measured in"), max_length=2, choices=Unit, default=Unit.CM)
    # The sizes of its points of measure in their order, which a JSON object does not keep.
    measured_sizes = models.JSONField(default=list, editable=False)

    class Meta:
        verbose_name = _("garment")
        verbose_name_plural = _("garments")
        ordering = ("-id",)
        indexes = [models.Index(fields=("business", "season"), name="garments_by_season")]

    def __str__(self) -> str:
        return str(self.product)


class MeasurePoint(TenantEntity):
    """Where a garment is measured: `values` by size, as text; a sample may be off by `tolerance` either way."""

    garment = models.ForeignKey(Garment, on_delete=models.CASCADE, related_name="points")
    position = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(_("point of measure"), max_length=80)
    tolerance = models.DecimalField(_("tolerance"), max_digits=6, decimal_places=2)
    values = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("point of measure")
        verbose_name_plural = _("points of measure")
        ordering = ("garment", "position")
        constraints = [
            models.UniqueConstraint(fields=("garment", "name"), name="garments_point_once"),
            models.CheckConstraint(condition=Q(tolerance__gte=0), name="garments_tolerance_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class SampleCheck(TenantEntity):
    """A sample that was measured: `results` keep what was asked then, so later changes rewrite no past."""

    garment = models.ForeignKey(Garment, on_delete=models.CASCADE, related_name="checks")
    size = models.CharField(_("size"), max_length=20)
    results = models.JSONField(default=list)
    is_within = models.BooleanField(_("within tolerance"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    actor_label = models.CharField(_("by"), max_length=200)

    class Meta:
        verbose_name = _("checked sample")
        verbose_name_plural = _("checked samples")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.size} {self.created_at:%Y-%m-%d}"


class PictureAngle(TenantEntity):
    """From where a product's picture looks."""

    class Angle(models.TextChoices):
        FRONT = "front", _("Front")
        BACK = "back", _("Back")
        SIDE = "side", _("Side")
        DETAIL = "detail", _("Detail")
        MODEL = "model", _("On a model")
        FLAT = "flat", _("Laid flat")

    image = models.OneToOneField(ProductImage, on_delete=models.CASCADE, related_name="+", editable=False)
    angle = models.CharField(_("angle"), max_length=10, choices=Angle)

    class Meta:
        verbose_name = _("angle of a picture")
        verbose_name_plural = _("angles of pictures")

    def __str__(self) -> str:
        return self.get_angle_display()
