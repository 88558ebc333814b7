"""Writing what stands on price lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Category, Collection, Product, Variant
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import ZERO
from apps.kernel.use_cases import use_case
from apps.selling.pricing import policies
from apps.selling.pricing.limits import LARGEST_QUANTITY, check_unit_price
from apps.selling.pricing.models import PriceList, PriceListEntry

from .lists import tell

MOST_AT_ONCE = 2_000
MOST_ENTRIES = 20_000
TARGETS: dict[str, type[Any]] = {
    "variant_id": Variant,
    "product_id": Product,
    "category_id": Category,
    "collection_id": Collection,
}
Kind = PriceListEntry.Kind


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """A price for one of the targets, or with none of them for everything. `price` is in the business's currency; of
    `percent` 10 is 10 %. An entry for the same target and quantity is replaced.
    """

    variant_id: UUID | None = None
    product_id: UUID | None = None
    category_id: UUID | None = None
    collection_id: UUID | None = None
    kind: str = Kind.FIXED
    price: Decimal | None = None
    percent: Decimal | None = None
    min_quantity: int = 1

    @property
    def place(self) -> tuple[Any, ...]:
        """What there is one price for on a list."""
        return (*(getattr(self, name) for name in TARGETS), self.min_quantity, self.kind == Kind.VOLUME)


@use_case(permission=policies.MANAGE, idempotent=True, audits="pricing.entries_set")
def set_entries(
    actor: Actor,
    *,
    list_id: UUID,
    entries: Sequence[EntryDraft],
    is_whole: bool = False,
    key: str | None = None,
) -> PriceList:
    """Put prices on a list: those for the same target and quantity are replaced, others stay, or go when `is_whole`.

    All or none. The same few statements for any number. Raises `InvalidInput` that names the line at fault (from 1),
    `NotFound` for what is not the business's, `Conflict` when the list gets too long. Event: `pricing.lists_changed`.
    """
    if len(entries) > MOST_AT_ONCE:
        raise Conflict(_("At most %(most)s prices at once.") % {"most": MOST_AT_ONCE}, code="too_many_prices")
    row = lock_one(Rank.ROOT, PriceList.objects.filter(pk=list_id))
    _check(entries)
    here = PriceListEntry.objects.filter(price_list=row)
    known = {_place(entry): entry for entry in here}
    wanted = {draft.place: draft for draft in entries}
    going = known if is_whole else {place: known[place] for place in wanted.keys() & known.keys()}
    if len(known.keys() | wanted.keys()) > MOST_ENTRIES and not is_whole:
        raise Conflict(
            _("A list holds at most %(most)s prices.") % {"most": MOST_ENTRIES}, code="too_many_prices"
        )
    same = {place for place, draft in wanted.items() if place in known and _is_same(known[place], draft)}
    PriceListEntry.objects.filter(
        pk__in=[entry.pk for place, entry in going.items() if place not in same]
    ).delete()
    new = [_row(row, draft) for place, draft in wanted.items() if place not in same]
    PriceListEntry.objects.bulk_create(new)
    gone = [entry for place, entry in going.items() if place not in same]
    if new or gone:
        tell(actor)
        audit.record(
            actor, "pricing.entries_set", row,
            before={_words(entry): _figure(entry) for entry in gone[:200]},
            after={_words(entry): _figure(entry) for entry in new[:200]} | {"count": len(new)},
        )  # fmt: skip
    return row


@use_case(permission=policies.MANAGE, audits="pricing.entries_removed")
def remove_entries(actor: Actor, *, list_id: UUID, entry_ids: Sequence[UUID]) -> int:
    """Take prices off a list; returns how many. Event: `pricing.lists_changed`."""
    row = lock_one(Rank.ROOT, PriceList.objects.filter(pk=list_id))
    found = list(PriceListEntry.objects.filter(price_list=row, pk__in=entry_ids))
    if found:
        tell(actor)
        PriceListEntry.objects.filter(pk__in=[entry.pk for entry in found]).delete()
        audit.record(
            actor,
            "pricing.entries_removed",
            row,
            before={_words(entry): _figure(entry) for entry in found[:200]},
            after={"count": len(found)},
        )
    return len(found)


def _row(price_list: PriceList, draft: EntryDraft) -> PriceListEntry:
    return PriceListEntry(
        price_list=price_list, kind=draft.kind, price=draft.price, percent=draft.percent,
        min_quantity=draft.min_quantity, **{name: getattr(draft, name) for name in TARGETS},
    )  # fmt: skip


def _place(entry: PriceListEntry) -> tuple[Any, ...]:
    return (*(getattr(entry, name) for name in TARGETS), entry.min_quantity, entry.kind == Kind.VOLUME)


def _is_same(entry: PriceListEntry, draft: EntryDraft) -> bool:
    return (entry.kind, entry.price, entry.percent) == (draft.kind, draft.price, draft.percent)


def _words(entry: PriceListEntry) -> str:
    """Which price, short enough for the trail."""
    target = next((f"{name[:-3]} {getattr(entry, name)}" for name in TARGETS if getattr(entry, name)), "all")
    return f"{target} × {entry.min_quantity}"


def _figure(entry: PriceListEntry) -> str:
    if entry.price is not None:
        return f"{entry.price.normalize():f}"
    return f"{entry.percent or ZERO:f} % {'off the line' if entry.kind == Kind.VOLUME else 'off'}"


def _check(entries: Sequence[EntryDraft]) -> None:
    seen: set[tuple[Any, ...]] = set()
    for number, draft in enumerate(entries, 1):
        if problem := _problem(draft):
            _refuse(number, problem)
        if draft.place in seen:
            _refuse(number, _("this was said above already."))
        seen.add(draft.place)
    for name, model in TARGETS.items():
        wanted = {getattr(draft, name) for draft in entries} - {None}
        rows = model.objects.filter(pk__in=wanted)
        if wanted and (missing := wanted - set(rows.values_list("pk", flat=True))):
            raise NotFound(_("Some of it is not known."), missing=sorted(missing)[:10])
        if model is Collection and rows.filter(kind=Collection.Kind.RULES).exists():
            # Rules are met or not at each look; a price must not depend on when somebody looked.
            message = _("Prices go with collections chosen by hand, not with those by rules.")
            raise InvalidInput(message, fields={"entries": [message]})


def _problem(draft: EntryDraft) -> str:
    if sum(getattr(draft, name) is not None for name in TARGETS) > 1:
        return _("name one thing only.")
    if draft.kind not in Kind.values:
        return _("choose one of the kinds.")
    if not isinstance(draft.min_quantity, int) or not 1 <= draft.min_quantity <= LARGEST_QUANTITY:
        return _("the quantity is a whole number from 1.")
    if draft.kind == Kind.FIXED:
        if draft.price is None or draft.percent is not None:
            return _("write the price.")
        try:
            check_unit_price(draft.price)
        except InvalidInput as error:
            return str(error.message)
        return ""
    if draft.price is not None or draft.percent is None:
        return _("write the percentage.")
    is_percent = draft.percent.is_finite() and ZERO <= draft.percent <= 100
    if not is_percent or draft.percent != round(draft.percent, 2):
        return _("a percentage is from 0 to 100, with two decimal places.")
    return ""


def _refuse(number: int, problem: str) -> None:
    message = _("Line %(number)s: %(problem)s") % {"number": number, "problem": problem}
    raise InvalidInput(message, code="price_refused", fields={"entries": [message]})
