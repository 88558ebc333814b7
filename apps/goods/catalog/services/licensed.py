"""The licensed trade: whether a business is in it, and what it says of a product."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import UNSET
from apps.goods.catalog.models import LicensedTrade, Product
from apps.goods.catalog.models.products import ContentUnit
from apps.goods.catalog.services.keeping import keep_version
from apps.goods.catalog.services.products import lock_product
from apps.goods.catalog.services.summaries import keep_summary
from apps.goods.catalog.text import clean_text
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case

CONTENTS = ("thc", "cbd")
LICENSED_FIELDS = (
    "strain", "classification", "thc_min", "thc_max", "thc_unit", "cbd_min", "cbd_max", "cbd_unit",
)  # fmt: skip
LARGEST_MILLIGRAMS = Decimal(100_000)
MOST_CLASSES = 20
TWO_PLACES = Decimal("0.01")


@use_case(permission="products.arrange", audits="products.licensed_trade_set")
def set_licensed_trade(actor: Actor, *, is_on: bool, classifications: Sequence[str]) -> LicensedTrade:
    """Say whether licensed goods are sold, and by which words they are classified.

    Switched off, what was said of products is kept and shown nowhere. Raises `InvalidInput` for an empty list.
    """
    words = [clean_text(word, "classifications", 60) for word in classifications]
    words = list(dict.fromkeys(word for word in words if word))[:MOST_CLASSES]
    if is_on and not words:
        raise InvalidInput(fields={"classifications": [_("Name at least one classification.")]})
    made, _new = LicensedTrade.objects.get_or_create()
    trade: LicensedTrade = locks.lock_one(Rank.ROOT, LicensedTrade.objects.filter(pk=made.pk))
    before = {"is_on": trade.is_on, "classifications": trade.classifications}
    after = {"is_on": is_on, "classifications": words}
    if before == after:
        return trade
    trade.is_on, trade.classifications = is_on, words
    trade.save()
    audit.record(actor, "products.licensed_trade_set", trade, before=before, after=after)
    return trade


@use_case(permission="products.change", audits="products.licensed_described")
def describe_licensed(
    actor: Actor,
    *,
    product_id: UUID,
    strain: str = UNSET,
    classification: str = UNSET,
    thc_min: Decimal | None = UNSET,
    thc_max: Decimal | None = UNSET,
    thc_unit: str = UNSET,
    cbd_min: Decimal | None = UNSET,
    cbd_max: Decimal | None = UNSET,
    cbd_unit: str = UNSET,
) -> Product:
    """Say of a product what the licensed trade asks for; one of a pair stands for both. Contents are in per cent, or
    in milligrams in one piece where the unit says `mg`.

    Raises `WrongState` for a business that is not in this trade, `InvalidInput` naming the field.
    """
    trade = LicensedTrade.objects.filter(is_on=True).first()
    if trade is None:
        raise WrongState(
            _("This business does not sell licensed goods."),
            code="not_in_licensed_trade",
            remedy=_("Switch the licensed trade on under Certificates."),
        )
    product = lock_product(product_id)
    given = {
        "strain": strain, "classification": classification, "thc_min": thc_min, "thc_max": thc_max,
        "thc_unit": thc_unit, "cbd_min": cbd_min, "cbd_max": cbd_max, "cbd_unit": cbd_unit,
    }  # fmt: skip
    said = {name: getattr(product, name) if value is UNSET else value for name, value in given.items()}
    values = checked_licensed(said, [*trade.classifications, product.classification])
    changed = {name: value for name, value in values.items() if getattr(product, name) != value}
    if not changed:
        return product
    before = {name: getattr(product, name) for name in changed}
    for name, value in changed.items():
        setattr(product, name, value)
    product.save(update_fields=[*changed, "updated_at"])
    keep_summary(product)
    keep_version(actor, product)
    audit.record(actor, "products.licensed_described", product, before=before, after=changed)
    return product


def checked_licensed(said: dict[str, Any], classes: Sequence[str]) -> dict[str, Any]:
    """All of `LICENSED_FIELDS`, checked; raises `InvalidInput` naming the field."""
    values: dict[str, Any] = {"strain": clean_text(said["strain"] or "", "strain", 120)}
    word = clean_text(said["classification"] or "", "classification", 60)
    if word and word not in classes:
        raise InvalidInput(fields={"classification": [_("Choose one of your classifications.")]})
    values["classification"] = word
    for name in CONTENTS:
        low, high = said[f"{name}_min"], said[f"{name}_max"]
        unit = said.get(f"{name}_unit") or ContentUnit.PERCENT
        if unit not in ContentUnit.values:
            raise InvalidInput(fields={f"{name}_unit": [_("Choose per cent or milligrams.")]})
        values[f"{name}_unit"] = str(unit)
        most = LARGEST_MILLIGRAMS if unit == ContentUnit.MILLIGRAM else 100
        low, high = (high if low is None else low), (low if high is None else high)
        for field, value in ((f"{name}_min", low), (f"{name}_max", high)):
            if value is not None and (not isinstance(value, Decimal) or not 0 <= value <= most):
                message = (
                    _("Enter per cent from 0 to 100.")
                    if most == 100
                    else _("Enter milligrams from 0 to %(most)s.") % {"most": f"{most:,}"}
                )
                raise InvalidInput(fields={field: [message]})
            values[field] = None if value is None else value.quantize(TWO_PLACES)
        if low is not None and low > high:
            raise InvalidInput(fields={f"{name}_max": [_("This is less than the lower end.")]})
    return values
