"""Which lot takes what comes in, and whether its dates can be meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.lines import LotDraft, StockLine
from apps.goods.inventory.models import Lot, LotBalance, Tracking
from apps.goods.inventory.services.piles import ensure_lots, local_today, put_on
from apps.goods.inventory.services.shelves import Shelf
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.money import round_money

LONGEST_CODE = 60
# A date further away than this is a slip: a year with a wrong digit.
MOST_YEARS = 25

Part = tuple[Lot | None, int]
_M = Tracking.Mode


def sort_arrivals(lines: Sequence[StockLine], shelves: Mapping[UUID, Shelf]) -> list[list[Part]]:
    """For each line its lots with their pieces; one part without a lot for goods that nobody tells apart."""
    modes = {shelf.variant_id: shelf.tracking for shelf in shelves.values() if shelf.tracking}
    if not modes:
        for line in lines:
            _refuse_lots(line)
        return [[(None, line.quantity)] for line in lines]
    today = local_today()
    drafts = [_drafts_of(line, modes.get(line.variant_id, ""), today) for line in lines]
    wanted: dict[tuple[UUID, str], LotDraft] = {}
    for line, parts in zip(lines, drafts, strict=True):
        for draft in parts:
            if (line.variant_id, draft.code) in wanted and modes[line.variant_id] == _M.SERIAL:
                raise _serial_twice(draft.code)
            wanted.setdefault((line.variant_id, draft.code), draft)
    known = ensure_lots(wanted, modes)
    _check_serials(known.values())
    return [
        [(known[line.variant_id, draft.code], draft.quantity or 0) for draft in parts]
        or [(None, line.quantity)]
        for line, parts in zip(lines, drafts, strict=True)
    ]


def share_out(
    shelf: Shelf, parts: Sequence[Part], quantity: int, value: Decimal
) -> Iterator[tuple[UUID | None, int, int, Decimal]]:
    """(lot, pieces, of them withheld, value) of each part: the last one takes the rest of the value."""
    today = local_today() if shelf.tracking else dt.date.min
    left_units, left_value = quantity, value
    for lot, units in parts:
        worth = (
            left_value
            if units == left_units
            else round_money(left_value * units / left_units, shelf.currency)
        )
        left_units, left_value = left_units - units, left_value - worth
        yield (
            (None, units, 0, worth)
            if lot is None
            else (lot.pk, units, put_on(shelf, lot, units, today), worth)
        )


def check_dates(draft: LotDraft, today: dt.date, *, needs_expiry: bool = False) -> None:
    """Refuse dates that cannot be meant, in words that say which."""
    if needs_expiry and draft.expires_on is None:
        raise InvalidInput(
            _("Enter until when lot “%(lot)s” may be sold.") % {"lot": draft.code},
            code="expiry_needed",
            fields={"expires_on": [_("Enter the last day on which it may be sold.")]},
        )
    if draft.expires_on is not None and draft.expires_on < today:
        raise InvalidInput(
            _("Lot “%(lot)s” expired on %(day)s already.") % {"lot": draft.code, "day": draft.expires_on},
            code="already_expired",
            remedy=_("Read the date again. Send expired goods back instead of receiving them."),
            fields={"expires_on": [_("This day is over already.")]},
        )
    for name in ("expires_on", "best_before"):
        day: dt.date | None = getattr(draft, name)
        if day is not None and not today.year - MOST_YEARS <= day.year <= today.year + MOST_YEARS:
            raise InvalidInput(
                _("%(day)s cannot be meant: it is more than %(years)s years away.")
                % {"day": day, "years": MOST_YEARS},
                code="absurd_date",
                fields={name: [_("Read the date again.")]},
            )


def clean_code(code: str) -> str:
    """A lot's code or a serial number as it is kept: without spaces around it, in capitals."""
    cleaned = code.strip().upper()
    if not cleaned or len(cleaned) > LONGEST_CODE or not cleaned.isprintable():
        raise InvalidInput(
            _("Enter a lot or serial number of 1 to %(most)s characters.") % {"most": LONGEST_CODE},
            code="wrong_lot_code",
            fields={"lots": [_("1 to %(most)s characters.") % {"most": LONGEST_CODE}]},
        )
    return cleaned


def _drafts_of(line: StockLine, mode: str, today: dt.date) -> list[LotDraft]:
    if not mode:
        _refuse_lots(line)
        return []
    if not line.lots:
        words = (
            _("Scan the serial number of each piece.")
            if mode == _M.SERIAL
            else _("Enter the lot of these goods.")
        )
        raise InvalidInput(words, code="lot_needed", fields={"lots": [words]}, variant_id=line.variant_id)
    drafts = []
    for draft in line.lots:
        code = clean_code(draft.code)
        usual = 1 if mode == _M.SERIAL else line.quantity
        quantity = usual if draft.quantity is None else draft.quantity
        if quantity < 1 or (mode == _M.SERIAL and quantity != 1):
            raise InvalidInput(
                _("A serial number is one piece.") if mode == _M.SERIAL else _("Enter one piece or more."),
                code="wrong_lot_quantity",
            )
        # Many labels say only until when it is best: goods sold by date are then sold until that day.
        last = draft.expires_on or (draft.best_before if mode == _M.EXPIRY else None)
        cleaned = LotDraft(code, quantity, last, draft.best_before, draft.supplier, draft.note)
        check_dates(cleaned, today, needs_expiry=mode == _M.EXPIRY)
        drafts.append(cleaned)
    total = sum(draft.quantity or 0 for draft in drafts)
    if total != line.quantity:
        raise InvalidInput(
            _("%(count)s pieces came, but the lots named have %(lots)s.")
            % {"count": line.quantity, "lots": total},
            code="lots_do_not_add_up",
            variant_id=line.variant_id,
        )
    return drafts


def _refuse_lots(line: StockLine) -> None:
    if line.lots:
        raise InvalidInput(
            _("These goods are not told apart by lot or serial number."),
            code="not_tracked",
            remedy=_("Switch it on under the item's “Lots and serial numbers”, or leave the lot out."),
            variant_id=line.variant_id,
        )


def _check_serials(lots: Any) -> None:
    serials = [lot.pk for lot in lots if lot.is_serial]
    if serials:
        there = LotBalance.objects.filter(lot_id__in=serials, on_hand__gt=0).select_related("lot").first()
        if there is not None:
            raise _serial_twice(there.lot.code)


def _serial_twice(code: str) -> Conflict:
    return Conflict(
        _("Serial number “%(code)s” lies somewhere already.") % {"code": code},
        code="serial_twice",
        remedy=_("Scan the piece again; a number is one piece and can be in one place only."),
    )
