"""Which capture or refund of ours a line of a company's file is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from apps.selling.payments.models import Capture, Refund

from .models import PayoutLine
from .parsing import Draft

_K, _W = PayoutLine.Kind, PayoutLine.Why
_NEEDS_NO_MATCH = (_K.FEE, _K.PAYOUT)


@dataclass(slots=True)
class Fit:
    """What was found for a draft; `why` is empty when it fits."""

    why: str = ""
    payment_id: UUID | None = None
    capture: Capture | None = None
    refund: Refund | None = None


class Known:
    """Captures and refunds that the drafts may mean; two statements for any number of drafts."""

    def __init__(self, drafts: Sequence[Draft], taken: set[UUID] | None = None) -> None:
        refs = {ref for draft in drafts for ref in draft.references}
        ids = {ref for ref in refs if _is_id(ref)}
        captures = Capture.objects.select_related("payment", "attempt", "payout_line").filter(
            Q(provider_ref__in=refs) | Q(attempt__provider_ref__in=refs) | Q(attempt__in=ids)
        )
        self.captures: dict[tuple[str, str], list[Capture]] = defaultdict(list)
        for capture in captures.order_by("captured_at", "id"):
            attempt = capture.attempt
            for ref in {capture.provider_ref, attempt.provider_ref, str(attempt.pk)}:
                self.captures[attempt.provider, ref].append(capture)
        refunds = Refund.objects.select_related("payment", "payout_line").filter(
            Q(provider_ref__in=refs)
            | Q(payment__in={one.payment_id for found in self.captures.values() for one in found})
        )
        self.refunds: dict[tuple[str, str], list[Refund]] = defaultdict(list)
        self.of_payment: dict[UUID, list[Refund]] = defaultdict(list)
        for refund in refunds.order_by("created_at", "id"):
            self.refunds[refund.payment.provider, refund.provider_ref].append(refund)
            self.of_payment[refund.payment_id].append(refund)
        # A dry run keeps nothing: what its former portions took is handed on.
        self.taken: set[UUID] = set() if taken is None else taken

    def fit(self, draft: Draft) -> Fit:
        """What the draft is. A capture or refund belongs to one line: a second one waits for a person."""
        captures = [one for ref in draft.references for one in self.captures.get((draft.provider, ref), ())]
        payment_id = captures[0].payment_id if captures else None
        if draft.kind in _NEEDS_NO_MATCH:
            return Fit(payment_id=payment_id)
        if draft.kind == _K.OTHER:
            return Fit(_W.OTHER, payment_id)
        if draft.kind in (_K.DISPUTE, _K.DISPUTE_WON):
            return Fit("" if payment_id else _W.UNKNOWN, payment_id)
        if draft.kind == _K.CAPTURE:
            return self._fit(draft, captures, payment_id)
        refunds = [
            one for ref in draft.references for one in self.refunds.get((draft.provider, ref), ()) if ref
        ]
        if not refunds and payment_id:
            refunds = self.of_payment[payment_id]
        return self._fit(draft, refunds, refunds[0].payment_id if refunds else payment_id)

    def _fit(self, draft: Draft, found: Sequence[Capture | Refund], payment_id: UUID | None) -> Fit:
        if not found:
            return Fit(_W.UNKNOWN, payment_id)
        same = [
            one for one in found if one.amount == abs(draft.gross) and one.payment.currency == draft.currency
        ]
        free = [one for one in same if one.pk not in self.taken and not hasattr(one, "payout_line")]
        if not free:
            return Fit(_W.TWICE if same else _W.AMOUNT, payment_id)
        chosen = free[0]
        self.taken.add(chosen.pk)
        if isinstance(chosen, Capture):
            return Fit("", chosen.payment_id, capture=chosen)
        return Fit("", chosen.payment_id, refund=chosen)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
