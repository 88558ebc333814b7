"""What is known of one garment: its sheet, its measures, its samples, the angles of its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import UNSET
from apps.goods.catalog.models import Product, ProductImage
from apps.goods.catalog.text import clean_text
from apps.goods.garments.models import (
    Garment,
    MeasurePoint,
    PictureAngle,
    SampleCheck,
    Season,
    SizeChart,
    SizeScale,
    Style,
)
from apps.goods.garments.reading import number, plain, read_care, read_composition, read_points, refuse
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case

CHANGE = "products.change"
_LINKS: dict[str, Any] = {
    "style_id": Style, "season_id": Season, "scale_id": SizeScale, "chart_id": SizeChart,
}  # fmt: skip


@use_case(permission=CHANGE, audits="garments.described")
def describe_garment(
    actor: Actor,
    *,
    product_id: UUID,
    style_id: UUID | None = UNSET,
    season_id: UUID | None = UNSET,
    scale_id: UUID | None = UNSET,
    chart_id: UUID | None = UNSET,
    composition: Sequence[Mapping[str, Any]] = UNSET,
    care: Sequence[str] = UNSET,
) -> Garment:
    """Say what a product is as a garment; what is left out stays. The first call makes it one.

    Raises `NotFound` for a product, style, season, scale or chart that is not there, `InvalidInput` for a composition
    that does not come to a hundred percent in each part and for care symbols that exclude each other.
    """
    values: dict[str, Any] = {}
    for name, given in (
        ("style_id", style_id),
        ("season_id", season_id),
        ("scale_id", scale_id),
        ("chart_id", chart_id),
    ):
        if given is not UNSET:
            if given is not None and not _LINKS[name].objects.filter(pk=given).exists():
                raise NotFound()
            values[name] = given
    if composition is not UNSET:
        values["composition"] = read_composition(composition)
    if care is not UNSET:
        values["care"] = read_care(care)
    product = locks.lock_one(Rank.ROOT, Product.objects.filter(pk=product_id).defer("search", "search_text"))
    garment, is_new = Garment.objects.get_or_create(product=product)
    before = {name: getattr(garment, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed and not is_new:
        return garment
    for name, value in changed.items():
        setattr(garment, name, value)
    garment.save()
    audit.record(
        actor, "garments.described", garment, before={name: before[name] for name in changed}, after=changed
    )
    return garment


@use_case(permission=CHANGE, audits="garments.measures_set")
def set_points(
    actor: Actor, *, garment_id: UUID, points: Sequence[Mapping[str, Any]], unit: str = Garment.Unit.CM
) -> Garment:
    """Write the measures anew: `{"name", "tolerance", "values": {"M": "52"}}` each.

    Raises `InvalidInput` for a negative tolerance, a point that stands twice, a value that is no number.
    """
    if unit not in Garment.Unit.values:
        raise refuse("unit", _("Choose centimetres or inches."))
    read = read_points(points)
    garment = lock_garment(garment_id)
    before = {"unit": garment.unit, "points": _told(garment)}
    MeasurePoint.objects.filter(garment=garment).delete()
    MeasurePoint.objects.bulk_create(
        MeasurePoint(garment=garment, position=position, **point) for position, point in enumerate(read, 1)
    )
    garment.unit = unit
    garment.measured_sizes = list(dict.fromkeys(size for point in read for size in point["values"]))
    garment.save(update_fields=["unit", "measured_sizes", "updated_at"])
    after = {"unit": unit, "points": _told(garment)}
    if after != before:
        audit.record(actor, "garments.measures_set", garment, before=before, after=after)
    return garment


@use_case(permission=CHANGE, idempotent=True, audits="garments.sample_checked")
def check_sample(
    actor: Actor,
    *,
    garment_id: UUID,
    size: str,
    measured: Mapping[str, Any],
    note: str = "",
    key: str | None = None,
) -> SampleCheck:
    """Hold a measured sample against the measures of its size; points that were not measured are left out.

    Each result says what was asked, what was found, by how much it is off and whether that is within the tolerance.
    Raises `InvalidInput` for a size without measures, an unknown point, a number that is none, or nothing measured.
    """
    garment = lock_garment(garment_id)
    points = {point.name: point for point in MeasurePoint.objects.filter(garment=garment)}
    if not any(size in point.values for point in points.values()):
        raise refuse("size", _("There are no measures for size “%(size)s”.") % {"size": size[:20]})
    results = []
    for name, point in points.items():
        given = measured.get(name)
        if given is None or not str(given).strip() or size not in point.values:
            continue
        found = number(given, "measured", lowest=Decimal(0))
        asked = Decimal(point.values[size])
        off = found - asked
        results.append(
            {
                "point": name,
                "asked": plain(asked),
                "tolerance": plain(point.tolerance),
                "measured": plain(found),
                "off": plain(off),
                "within": abs(off) <= point.tolerance,
            }
        )
    unknown = [name for name in measured if name not in points]
    if unknown:
        raise refuse("measured", _("“%(name)s” is no point of measure.") % {"name": str(unknown[0])[:60]})
    if not results:
        raise refuse("measured", _("Enter what was measured for at least one point."))
    check = SampleCheck.objects.create(
        garment=garment,
        size=size,
        results=results,
        is_within=all(result["within"] for result in results),
        note=clean_text(note, "note", 500),
        actor_label=actor.label[:200],
    )
    after = {"size": size, "within": check.is_within, "points": len(results)}
    audit.record(actor, "garments.sample_checked", garment, after=after)
    return check


@use_case(permission=CHANGE, audits="garments.angles_set")
def set_angles(actor: Actor, *, product_id: UUID, angles: Mapping[UUID, str]) -> int:
    """Say from where the pictures of a product look; an empty angle takes it off, a picture left out stays.

    Returns how many changed. Raises `NotFound` for a picture of another product, `InvalidInput` for an unknown angle.
    """
    for angle in angles.values():
        if angle and angle not in PictureAngle.Angle.values:
            raise refuse("angle", _("Choose one of the angles."))
    product = locks.lock_one(Rank.ROOT, Product.objects.filter(pk=product_id).defer("search", "search_text"))
    images = set(ProductImage.objects.filter(product=product).values_list("pk", flat=True))
    if not set(angles) <= images:
        raise NotFound()
    known = dict(PictureAngle.objects.filter(image__in=angles).values_list("image_id", "angle"))
    changed = {pk: angle for pk, angle in angles.items() if known.get(pk, "") != angle}
    PictureAngle.objects.filter(image__in=changed).delete()
    PictureAngle.objects.bulk_create(
        PictureAngle(image_id=pk, angle=angle) for pk, angle in changed.items() if angle
    )
    if changed:
        after = {str(pk): angle for pk, angle in changed.items()}
        audit.record(actor, "garments.angles_set", product, after=after)
    return len(changed)


def lock_garment(garment_id: UUID) -> Garment:
    """The garment, locked; raises `NotFound`."""
    return locks.lock_one(Rank.ROOT, Garment.objects.filter(pk=garment_id).select_related("product"))


def _told(garment: Garment) -> list[str]:
    return [
        f"{point.name} ±{plain(point.tolerance)}: "
        + ", ".join(f"{size} {point.values[size]}" for size in garment.measured_sizes if size in point.values)
        for point in MeasurePoint.objects.filter(garment=garment).order_by("position")
    ]
