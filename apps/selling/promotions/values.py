"""Plain values: what a basket is, what a promotion says, what came of it. No database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from apps.kernel.money import ZERO

Reason = Literal[
    "", "unknown", "ended", "paused", "scheduled", "weekday", "hour", "channel", "country", "tags", "first_order",
    "used_up", "used_by_you", "needs_code", "no_items", "minimum_amount", "minimum_quantity", "not_enough", "combined",
    "group", "nothing_left", "other_arm",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A line with its price. `amount` is quantity × unit price less the line's own discount, rounded."""

    line_id: Hashable
    variant: Any
    quantity: int
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Basket:
    """What lies in the cart of one seller, in the business's tax mode."""

    lines: Sequence[BasketLine]
    shipping: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """How a buyer is known: by sign-in, by e-mail address, or, by staff, by the customer's own row.

    `is_vouched`: staff or a program say that the address is hers, so what is given to marked customers counts. `unit`
    is what a test divides by while nobody has signed in: the cart.
    """

    email: str = ""
    user_id: UUID | None = None
    customer_id: UUID | None = None
    is_vouched: bool = False
    unit: UUID | None = None

    @property
    def divided_by(self) -> str:
        """Whom a test gives always the same. A typed address does not count: the price would change with it."""
        key = self.user_id or self.customer_id or self.unit
        return str(key) if key else (self.email.strip().lower() if self.is_vouched else "")


STRANGER = Buyer()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the buyer when promotions are looked at."""

    customer_id: UUID | None = None
    tags: tuple[str, ...] = ()
    has_ordered: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line for the engine: its key, what it is, how many, what is to be paid for it."""

    line_id: Hashable
    variant_id: Hashable
    quantity: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A promotion as the engine sees it. `targets` None is the whole order; `gifts` None the same as the targets."""

    promotion_id: Hashable
    name: str
    kind: str
    value: Decimal | None = None
    each_piece: bool = False
    buy_quantity: int | None = None
    get_quantity: int | None = None
    targets: frozenset[Hashable] | None = None
    # The chosen things one by one, for a bundle of one of each; an empty one is not in the basket.
    components: tuple[frozenset[Hashable], ...] = ()
    gifts: frozenset[Hashable] | None = None
    priority: int = 100
    exclusive: bool = False
    group: str = ""
    times: int | None = None
    minimum_amount: Decimal | None = None
    minimum_quantity: int | None = None
    customer_tags: tuple[str, ...] = ()
    first_order_only: bool = False
    channels: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    weekdays: tuple[int, ...] = ()
    from_time: dt.time | None = None
    to_time: dt.time | None = None
    needs_code: bool = False
    code: str = ""
    code_id: Any = None
    code_is_limited: bool = False
    code_used_up: bool = False
    has_use_limit: bool = False
    used_up: bool = False
    per_customer_limit: int | None = None
    uses_of_buyer: int = 0
    is_paused: bool = False
    has_ended: bool = False
    # Part of a running test: its name, and whether this buyer is one of those who get this promotion.
    test: str = ""
    in_arm: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """A buyer's place in a running test: which arm she is in, and what she is divided by."""

    test_id: Any
    arm_id: Any
    unit: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when a basket is looked at; `local` is the wall clock of the business."""

    at: dt.datetime
    local: dt.datetime
    channel: str = "storefront"
    country: str = ""


@dataclass(slots=True)
class Verdict:
    """What came of one promotion: applied with shares of lines, or why not. `missing` completes some reasons."""

    rule: Rule
    reason: Reason = ""
    amount: Decimal = ZERO
    shares: dict[Hashable, Decimal] = field(default_factory=dict)
    other: str = ""
    missing: Decimal | int | None = None

    @property
    def applies(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class AppliedPromotion:
    """A promotion that took something off, as carts, quotes and orders keep it."""

    promotion_id: Any
    name: str
    code: str
    kind: str
    amount: Decimal
    shares: Mapping[Hashable, Decimal] = field(default_factory=dict)
    rule: Rule | None = field(default=None, compare=False)

    @property
    def line_ids(self) -> list[Hashable]:
        return list(self.shares)

    def facts(self) -> dict[str, str]:
        """As it is kept with a quote; amounts are strings."""
        return {
            "promotion_id": str(self.promotion_id),
            "name": self.name,
            "code": self.code,
            "kind": self.kind,
            "amount": str(self.amount),
        }
