"""What a rate costs for one parcel. No database: steps of weight, worth or pieces; surcharges of shipping classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.kernel.money import ZERO

from .models.rates import Measure

MOST_STEPS = 20
LONGEST_CLASS = 40
Step = tuple[Decimal | None, Decimal]
ONCE, EACH = "once", "each"
# Class, amount (None: not sent this way), and whether it counts once or for each piece.
Surcharge = tuple[str, Decimal | None, str]


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
    """The price for this load; None when it is more than the rate carries. `price` counts where there are no steps."""
    if measure not in (Measure.FLAT, Measure.CARRIER):
        found = _step_for(_amount(measure, load), steps)
        if found is None:
            return None
        price = found
    return ZERO if free_over is not None and load.subtotal >= free_over else price


def surcharge_of(surcharges: Sequence[Any], pieces: Mapping[str, int]) -> Decimal | None:
    """What is added for goods of these classes, so many pieces of each; None when the rate does not carry them.

    Classes are told apart without regard to capital letters.
    """
    wanted = {name.casefold(): count for name, count in pieces.items() if count}
    total = ZERO
    for name, amount, how in surcharges:
        count = wanted.get(name.casefold(), 0)
        if not count:
            continue
        if amount is None:
            return None
        total += Decimal(amount) * (count if how == EACH else 1)
    return total


def read_surcharges(text: str) -> list[Surcharge]:
    """Surcharges as a person types them, a line each: `Bulky = 12.50`, `Bulky = 4 each`, `Dangerous = no`.

    Raises `BadStep` for a line that is not understood, or a class named twice.
    """
    found: list[Surcharge] = []
    for line in filter(str.strip, text.splitlines()):
        name, equals, cost = (part.strip() for part in line.partition("="))
        if not equals or not 1 <= len(name) <= LONGEST_CLASS or len(found) >= MOST_STEPS:
            raise BadStep(line)
        if cost.lower() in ("no", "never"):
            found.append((name, None, ""))
        else:
            each = cost.lower().endswith(EACH)
            try:
                amount = Decimal(cost[: -len(EACH)].strip() if each else cost)
            except InvalidOperation as error:
                raise BadStep(line) from error
            found.append((name, amount, EACH if each else ONCE))
        if not are_surcharges(found):
            raise BadStep(line)
    return found


def are_surcharges(found: Sequence[Surcharge]) -> bool:
    """Whether each names a class of its own, and an amount where the goods are carried."""
    names = {name.casefold() for name, _amount, _how in found}
    return len(names) == len(found) <= MOST_STEPS and all(
        0 < len(name) <= LONGEST_CLASS
        and (
            how == ""
            if amount is None
            else how in (ONCE, EACH) and amount.is_finite() and 0 <= amount <= Decimal("9999999999")
        )
        for name, amount, how in found
    )


def write_surcharges(surcharges: Sequence[Any]) -> str:
    """The surcharges as they are typed."""
    lines = []
    for name, amount, how in surcharges:
        cost = "no" if amount is None else _plain(Decimal(amount)) + (" each" if how == EACH else "")
        lines.append(f"{name} = {cost}")
    return "\n".join(lines)


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
