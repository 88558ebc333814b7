"""What goods cost when they are here: pure arithmetic that comes out to the cent.

Every part is counted cumulatively: what is worth the pieces accepted so far, less what the earlier receipts took of
it. So the parts of a line sum to what the whole line would have been, however often it comes in parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.goods.purchasing.models.receipts import ChargeBasis
from apps.kernel.errors import InvalidInput
from apps.kernel.money import ZERO, allocate, round_money


@dataclass(frozen=True, slots=True)
class Arrived:
    """Accepted pieces of a line: how many came before, at which cost in the supplier's currency, how heavy."""

    title: str
    before: int
    accepted: int
    unit_cost: Decimal
    weight_grams: int


@dataclass(frozen=True, slots=True)
class Charge:
    """A landed cost in the business's currency and by what it is spread."""

    kind: str
    amount: Decimal
    basis: str


@dataclass(frozen=True, slots=True)
class Landed:
    """What the accepted pieces of a line are worth, in the business's currency, on the minor unit."""

    goods: Decimal
    charges: Decimal

    @property
    def value(self) -> Decimal:
        return self.goods + self.charges


def land(
    arrived: Sequence[Arrived], charges: Sequence[Charge], *, rate: Decimal, currency: str
) -> list[Landed]:
    """The value of each line with its share of every charge, by largest remainder.

    Raises `InvalidInput` for a charge by weight when an item's weight is not known, and for charges on nothing.
    """
    goods = [_goods(line, rate, currency) for line in arrived]
    if charges and not any(line.accepted for line in arrived):
        raise InvalidInput(
            _("Nothing was accepted, so there is nothing to spread the costs over."),
            code="charges_on_nothing",
        )
    shares = [ZERO] * len(arrived)
    for charge in charges:
        for index, part in enumerate(allocate(charge.amount, _weights(charge, arrived, goods), currency)):
            shares[index] += part
    return [Landed(worth, share) for worth, share in zip(goods, shares, strict=True)]


def _goods(line: Arrived, rate: Decimal, currency: str) -> Decimal:
    def worth(pieces: int) -> Decimal:
        return round_money(line.unit_cost * pieces * rate, currency)

    return worth(line.before + line.accepted) - worth(line.before)


def _weights(charge: Charge, arrived: Sequence[Arrived], goods: Sequence[Decimal]) -> list[Decimal]:
    pieces = [Decimal(line.accepted) for line in arrived]
    if charge.basis == ChargeBasis.WEIGHT:
        light = [line.title for line in arrived if line.accepted and not line.weight_grams]
        if light:
            raise InvalidInput(
                _("The weight of %(items)s is not known. Spread by value or quantity, or enter the weight.")
                % {"items": ", ".join(light[:5])},
                code="weight_unknown",
            )
        return [line.accepted * Decimal(line.weight_grams) for line in arrived]
    # Goods that cost nothing (a replacement) still carry their freight: then by pieces, never to a line without any.
    return list(goods) if charge.basis == ChargeBasis.VALUE and any(goods) else pieces
