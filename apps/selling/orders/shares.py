"""Taking amounts apart so that the parts always sum to the whole, to the last minor unit.

Every share is taken of what is left, never of the beginning: whatever came before, the last share is the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from apps.kernel.money import ZERO, round_money


@dataclass(frozen=True, slots=True)
class Share:
    """An amount as net and tax."""

    net: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    def __add__(self, other: Share) -> Share:
        return Share(self.net + other.net, self.tax + other.tax)


NOTHING = Share()


def share_of_pieces(whole: Share, pieces: int, out_of: int, currency: str) -> Share:
    """What `pieces` of the `out_of` pieces that `whole` stands for are worth; all of them take all of it."""
    if pieces == out_of:
        return whole
    return share_of_amount(whole, round_money(whole.gross * pieces / out_of, currency), currency)


def share_of_amount(whole: Share, amount: Decimal, currency: str) -> Share:
    """`amount` of `whole`, with the tax in proportion. `amount` is between nothing and all of it."""
    if amount == whole.gross:
        return whole
    if not ZERO <= amount < whole.gross:
        raise ValueError(f"{amount} is not a part of {whole.gross}")
    tax = round_money(amount * whole.tax / whole.gross, currency)
    return Share(amount - tax, tax)
