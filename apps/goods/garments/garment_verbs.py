"""What staff do with a garment: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import ProductImage
from apps.goods.garments import services
from apps.goods.garments.care import SYMBOLS
from apps.goods.garments.forms import AnglesForm, CompositionForm, GarmentForm, PointsForm, SampleForm
from apps.goods.garments.models import Garment, MeasurePoint, PictureAngle
from apps.goods.garments.reading import composition_lines, parse_composition, parse_points, plain
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb

CHANGE = "products.change"


class DescribeGarment(Verb):
    name = "describe"
    label = _("Edit")
    permission = CHANGE
    form_class = GarmentForm
    submit_label = _("Save garment")
    writes_back = True

    def initial(self, actor: Actor, obj: Garment) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in ("style_id", "season_id", "scale_id", "chart_id")}

    def perform(self, actor: Actor, obj: Garment, data: dict[str, Any], key: str) -> Any:
        return services.describe_garment(actor, product_id=obj.product_id, **data)


class SetComposition(Verb):
    name = "composition"
    label = _("Composition and care")
    permission = CHANGE
    submit_label = _("Save composition")
    writes_back = True

    def initial(self, actor: Actor, obj: Garment) -> dict[str, Any]:
        chosen: dict[str, Any] = {"dry": [code for code in obj.care if SYMBOLS[code].group == "dry"]}
        for code in obj.care:
            chosen.setdefault(SYMBOLS[code].group, code)
        return {"composition": "\n".join(composition_lines(obj.composition)), **chosen}

    def get_form(self, actor: Actor, obj: Garment, **kwargs: Any) -> Any:
        self._form = CompositionForm(**kwargs)
        return self._form

    def perform(self, actor: Actor, obj: Garment, data: dict[str, Any], key: str) -> Any:
        return services.describe_garment(
            actor,
            product_id=obj.product_id,
            composition=parse_composition(data["composition"]),
            care=self._form.care(),
        )


class SetPoints(Verb):
    name = "measures"
    label = _("Measures")
    permission = CHANGE
    form_class = PointsForm
    submit_label = _("Save measures")
    writes_back = True

    def initial(self, actor: Actor, obj: Garment) -> dict[str, Any]:
        points = list(MeasurePoint.objects.filter(garment=obj).order_by("position"))
        sizes = obj.measured_sizes or (obj.scale.sizes if obj.scale else [])
        lines = [[_now("Point"), "±", *sizes]]
        lines += [
            [point.name, plain(point.tolerance), *(point.values.get(size, "") for size in sizes)]
            for point in points
        ]
        return {"unit": obj.unit, "points": "\n".join("; ".join(cells) for cells in lines)}

    def perform(self, actor: Actor, obj: Garment, data: dict[str, Any], key: str) -> Any:
        return services.set_points(
            actor, garment_id=obj.pk, points=parse_points(data["points"]), unit=data["unit"]
        )


class CheckSample(Verb):
    name = "check"
    label = _("Check a sample")
    permission = CHANGE
    submit_label = _("Check sample")

    def is_available(self, actor: Actor, obj: Garment) -> bool:
        return MeasurePoint.objects.filter(garment=obj).exists()

    def explain(self, actor: Actor, obj: Garment) -> list[Any]:
        return [_now("Enter what you measured. Points you leave empty are not judged.")]

    def get_form(self, actor: Actor, obj: Garment, **kwargs: Any) -> Any:
        self._form = SampleForm(obj, **kwargs)
        return self._form

    def perform(self, actor: Actor, obj: Garment, data: dict[str, Any], key: str) -> Any:
        return services.check_sample(
            actor,
            garment_id=obj.pk,
            size=data["size"],
            measured=self._form.measured(),
            note=data["note"],
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        outside = [one["point"] for one in result.results if not one["within"]]
        if not outside:
            return _now("All %(count)s points are within tolerance.") % {"count": len(result.results)}
        return _now("Outside of tolerance: %(points)s.") % {"points": ", ".join(outside)}


class SetAngles(Verb):
    name = "angles"
    label = _("Angles of pictures")
    permission = CHANGE
    submit_label = _("Save angles")
    writes_back = True

    def is_available(self, actor: Actor, obj: Garment) -> bool:
        return ProductImage.objects.filter(product=obj.product_id).exists()

    def explain(self, actor: Actor, obj: Garment) -> list[Any]:
        return [
            _now("The store shows front, back, side, detail, model, flat in this order, then the others.")
        ]

    def get_form(self, actor: Actor, obj: Garment, **kwargs: Any) -> Any:
        kwargs.pop("initial", None)
        images = list(ProductImage.objects.filter(product=obj.product_id).order_by("position", "id"))
        known = dict(PictureAngle.objects.filter(image__in=images).values_list("image_id", "angle"))
        self._form = AnglesForm(images, known, **kwargs)
        return self._form

    def perform(self, actor: Actor, obj: Garment, data: dict[str, Any], key: str) -> Any:
        return services.set_angles(actor, product_id=obj.product_id, angles=self._form.angles())
