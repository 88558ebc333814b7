"""What a rate costs for one parcel. No database: steps of weight, worth or pieces."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.kernel.money import ZERO

from .models.rates import Measure

MOST_STEPS = 20
Step = tuple[Decimal | None, Decimal]


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be sent: its worth as prices are shown, its weight with the empty package, its pieces."""

    subtotal: Decimal
    grams: int = 0
    pieces: int = 0


class BadStep(ValueError):
    """A line of steps that cannot be read; it is the argument."""


def price_of(
    *, measure: str, steps: list[Any], price: Decimal, free_over: Decimal | None, load: Load
) -> Decimal | None:
    """The price for this load; None when it is more than the rate carries."""
    if measure != Measure.FLAT:
        found = _step_for(_amount(measure, load), steps)
        if found is None:
            return None
        price = found
    return ZERO if free_over is not None and load.subtotal >= free_over else price


def _amount(measure: str, load: Load) -> Decimal:
    if measure == Measure.WEIGHT:
        return Decimal(load.grams)
    return Decimal(load.pieces) if measure == Measure.PIECES else load.subtotal


def _step_for(amount: Decimal, steps: list[Any]) -> Decimal | None:
    for most, price in steps:
        if most is None or amount <= Decimal(most):
            return Decimal(price)
    return None


def read_steps(text: str, measure: str) -> list[Step]:
    """Steps as a person types them, a line each: `2000 = 4.50`, the last perhaps `more = 12`. Raises `BadStep`.

    Weight is in grams; `2 kg` is understood.
    """
    found: list[Step] = []
    for line in filter(str.strip, text.splitlines()):
        most, equals, price = line.partition("=")
        if not equals or len(found) >= MOST_STEPS or (found and found[-1][0] is None):
            raise BadStep(line)
        try:
            step = (_most(most.strip().lower(), measure), Decimal(price.strip()))
        except InvalidOperation as error:
            raise BadStep(line) from error
        if not is_rising(found[-1] if found else None, step):
            raise BadStep(line)
        found.append(step)
    return found


def is_rising(before: Step | None, step: Step) -> bool:
    """Whether a step may follow another one: it is an amount, and reaches further."""
    most, price = step
    if not price.is_finite() or price < 0 or price > Decimal("9999999999"):
        return False
    if most is not None and not (most.is_finite() and 0 < most <= Decimal("9999999999")):
        return False
    if before is None:
        return True
    return before[0] is not None and (most is None or most > before[0])


def _most(text: str, measure: str) -> Decimal | None:
    if text in ("more", "*"):
        return None
    if measure == Measure.WEIGHT:
        if text.endswith("kg"):
            return Decimal(text[:-2].strip()) * 1000
        return Decimal(text.removesuffix("g").strip())
    return Decimal(text)


def write_steps(steps: list[Any]) -> str:
    """The steps as they are typed."""
    return "\n".join(
        f"{'more' if most is None else _plain(Decimal(most))} = {_plain(Decimal(price))}"
        for most, price in steps
    )


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
