"""Where a lot came from and whom it reached: every paper that moved it, with its people.

Inventory knows no orders or suppliers. Apps above register, for their kind of reference, how to name a paper and its
person; the numbers come from the ledger alone, so a trace is complete whatever anybody registered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Min, Sum
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.models import Lot, LotBalance, StockMovement
from apps.kernel.actors import Actor

_R = StockMovement.Reason
OUT = frozenset({_R.CONSUME, _R.HAND_OVER})
BACK = frozenset({_R.RETURN})
CAME = frozenset({_R.RECEIVE})
WAY = frozenset({_R.TRANSFER_OUT, _R.TRANSFER_IN})


_KINDS = {
    "receipt": _("Received without an order"),
    "opening": _("Opening stock"),
    "adjustment": _("Adjustment"),
    "count": _("Count"),
    "order": _("An order"),
    "transfer": _("A transfer"),
    "tracking": _("Told apart from then on"),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that moved goods, in words, and who stands behind it. Contact is empty for who may not read it."""

    label: str
    url: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""


Source = Callable[[Actor, list[UUID]], dict[UUID, Paper]]
_sources: dict[str, Source] = {}


def register(reference_type: str) -> Callable[[Source], Source]:
    """Make the function name the papers of a kind."""

    def add(source: Source) -> Source:
        _sources[reference_type] = source
        return source

    return add


@dataclass(frozen=True, slots=True)
class Traced:
    """What one paper did with a lot: pieces that went (`out`) and came back, or came."""

    reference_type: str
    reference_id: UUID | None
    paper: Paper
    at: dt.datetime
    went: int = 0
    came: int = 0

    @property
    def still_out(self) -> int:
        return max(0, self.went - self.came)


@dataclass(frozen=True, slots=True)
class Trace:
    """All of a lot: where it came from, whom it reached, what else moved it, where it lies."""

    receipts: list[Traced] = field(default_factory=list)
    buyers: list[Traced] = field(default_factory=list)
    transfers: list[Traced] = field(default_factory=list)
    others: list[Traced] = field(default_factory=list)
    lying: list[LotBalance] = field(default_factory=list)


def trace_lot(actor: Actor, lot: Lot) -> Trace:
    """Everything that happened to a lot, as far as the places may be seen. Two queries, one for each kind of paper."""
    rows = list(
        StockMovement.objects.filter(lot=lot)
        .exclude(on_hand_delta=0)
        .order_by()
        .values("reason", "reference_type", "reference_id")
        .annotate(units=Sum("on_hand_delta"), at=Min("occurred_at"))
    )
    papers = _papers(actor, {(row["reference_type"], row["reference_id"]) for row in rows})
    sums: dict[tuple[str, str, UUID | None], list[int]] = {}
    begun: dict[tuple[str, str, UUID | None], dt.datetime] = {}
    for row in rows:
        group = _group_of(row["reason"])
        key = (group, row["reference_type"], row["reference_id"])
        went, came = sums.setdefault(key, [0, 0])
        units = row["units"]
        sums[key] = [went + max(0, -units), came + max(0, units)]
        begun[key] = min(row["at"], begun.get(key, row["at"]))
    found: dict[str, list[Traced]] = {"receipts": [], "buyers": [], "transfers": [], "others": []}
    for key in sorted(sums, key=lambda one: begun[one]):
        group, kind, reference = key
        went, came = sums[key]
        paper = papers.get((kind, reference)) or Paper(str(_KINDS.get(kind, _("Stock work"))))
        found[group].append(Traced(kind, reference, paper, begun[key], went, came))
    lying = LotBalance.objects.filter(lot=lot).exclude(on_hand=0).select_related("location")
    return Trace(**found, lying=list(lying.order_by("location__name")))


def _group_of(reason: str) -> str:
    if reason in OUT or reason in BACK:
        return "buyers"
    if reason in CAME:
        return "receipts"
    return "transfers" if reason in WAY else "others"


def find_paper(actor: Actor, reference_type: str, reference_id: UUID | None) -> Paper:
    """The paper that moved goods, named by the app that wrote it; one that nobody knows by its kind. One query."""
    known = _papers(actor, [(reference_type, reference_id)])
    return known.get((reference_type, reference_id)) or Paper(
        str(_KINDS.get(reference_type, _("Stock work")))
    )


def _papers(actor: Actor, wanted: Iterable[tuple[str, UUID | None]]) -> dict[tuple[str, UUID | None], Paper]:
    by_kind: dict[str, list[UUID]] = {}
    for kind, reference in wanted:
        if reference is not None:
            by_kind.setdefault(kind, []).append(reference)
    found: dict[tuple[str, UUID | None], Paper] = {}
    for kind, ids in by_kind.items():
        source = _sources.get(kind)
        if source is not None:
            found |= {(kind, key): paper for key, paper in source(actor, ids).items()}
    return found
