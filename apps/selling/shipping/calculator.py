"""What delivery of something to somewhere would cost, for staff who try their rates before buyers do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.money import ZERO
from apps.kernel.tenancy import bind
from apps.platform.businesses.selectors import get_business

from . import policies
from .fitting import Sides
from .live import Box, Question
from .models import CarrierAnswer, Package
from .selectors import JudgedRate, judge_rates
from .services import ask_carriers


@dataclass(frozen=True, slots=True)
class Try:
    """What is to be sent where: goods by SKU or barcode, or a weight in grams and sides in mm that were measured."""

    country: str
    region: str = ""
    postcode: str = ""
    worth: Decimal = ZERO
    sku: str = ""
    pieces: int = 1
    grams: int | None = None
    sides: Sides | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """Every rate that serves the place, in order, and the carriers' own words: each with all of its services."""

    rates: list[JudgedRate]
    answers: list[CarrierAnswer]


def try_rates(actor: Actor, wanted: Try) -> Tried:
    """Judge every rate for a parcel, with what carriers say now. Not inside a use case: it waits for them.

    Raises `PermissionRefused`, `InvalidInput` for a SKU that nothing has, or sides without a weight.
    """
    actor.require(policies.READ)
    with bind(actor.business_id):
        business = get_business(actor.business_id)  # type: ignore[arg-type]
        variant = _find(wanted.sku)
        goods = {variant.pk: wanted.pieces} if variant else {}
        own = variant.weight_grams * wanted.pieces if variant else 0
        grams = own if wanted.grams is None else wanted.grams
        if wanted.sides and not grams:
            raise InvalidInput(fields={"grams": [_("Say what the parcel weighs.")]})
        box = Box(wanted.sides, grams) if wanted.sides else None
        if box is None and wanted.grams and (usual := Package.objects.filter(is_default=True).first()):
            box = Box((usual.length_mm, usual.width_mm, usual.height_mm), grams + usual.empty_grams)
        questions: list[Question] = []

        def judge(asked: list[Question] | None = None) -> list[JudgedRate]:
            return judge_rates(
                business,
                wanted.country,
                wanted.worth,
                region=wanted.region,
                postcode=wanted.postcode,
                grams=grams,
                pieces=wanted.pieces,
                goods=goods,
                box=box,
                questions=asked,
            )

        rates = judge(questions)
        if not questions:
            return Tried(rates, [])
        ask_carriers(questions)
        return Tried(judge(), _answers(questions))


def _answers(questions: Sequence[Question]) -> list[CarrierAnswer]:
    keys = [one.key for one in questions]
    found = CarrierAnswer.objects.filter(question__in=keys).select_related("account")
    return list(found.order_by("account__carrier"))


def _find(sku: str) -> Variant | None:
    if not sku.strip():
        return None
    typed = [sku.strip(), sku.strip().upper()]
    variant = (
        Variant.objects.filter(sku__in=typed).first() or Variant.objects.filter(barcode__in=typed).first()
    )
    if variant is None:
        raise InvalidInput(fields={"sku": [_("Nothing here has this SKU or barcode.")]})
    return variant
