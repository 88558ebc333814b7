"""Keeping lines of a company's file, and taking them off again; the books follow by event."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from apps.goods.imports.models import Batch, BatchChange, ImportJob
from apps.goods.imports.services.journal import Journal
from apps.kernel import locks
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.selling.payouts.events import PayoutEvent, PayoutLineRecorded, PayoutLineWithdrawn
from apps.selling.payouts.matching import Fit, Known
from apps.selling.payouts.models import PayoutLine
from apps.selling.payouts.parsing import Draft
from apps.selling.payouts.policies import RECONCILE

ZERO = Decimal(0)
_K = PayoutLine.Kind


@use_case(permission=RECONCILE, unaudited="the import that brings them in is entered, with how many")
def record_lines(actor: Actor, *, drafts: Sequence[Draft], job: ImportJob) -> list[PayoutLine]:
    """Keep the lines with what they were found to be, and tell the books what they move.

    Fees, payouts and disputes are booked; captures and refunds were, when they happened. What does not fit waits.
    """
    known = Known(drafts)
    lines = [_line(draft, known.fit(draft)) for draft in drafts]
    PayoutLine.objects.bulk_create(lines)
    journal = Journal(job.batch)
    for line in lines:
        _tell(PayoutLineRecorded, line)
        journal.note(
            BatchChange.Kind.PAYOUT_LINE_ADDED, line.pk, f"{line.get_kind_display()} {line.line_ref}"
        )
    journal.write()
    return lines


def _line(draft: Draft, fit: Fit) -> PayoutLine:
    line = PayoutLine(
        id=new_id(),
        provider=draft.provider,
        line_ref=draft.line_ref,
        kind=draft.kind,
        reference=draft.references[0],
        references=list(draft.references),
        payout_ref=draft.payout_ref,
        occurred_at=draft.occurred_at,
        occurred_on=draft.occurred_on,
        currency=draft.currency,
        gross=draft.gross,
        fee=draft.fee,
        net=draft.net,
        state=PayoutLine.State.WAITING if fit.why else PayoutLine.State.MATCHED,
        why=fit.why,
        payment_id=fit.payment_id,
        capture=fit.capture,
        refund=fit.refund,
    )
    line.booked = sum((abs(amount) for amount in _moved(line)), ZERO)
    return line


def _moved(line: PayoutLine) -> tuple[Decimal, Decimal, Decimal]:
    """What the books do not know yet: the fee, what went to the bank, what a buyer's bank took or gave back."""
    fee = line.fee - line.gross if line.kind == _K.FEE else line.fee
    paid_out = -line.gross if line.kind == _K.PAYOUT else ZERO
    disputed = -line.gross if line.kind in (_K.DISPUTE, _K.DISPUTE_WON) else ZERO
    return fee, paid_out, disputed


def _tell(event: type[PayoutEvent], line: PayoutLine) -> None:
    fee, paid_out, disputed = _moved(line)
    if not (fee or paid_out or disputed):
        return
    publish(
        event(
            business_id=require_business_id(),
            line_id=line.pk,
            provider=line.provider,
            occurred_on=line.occurred_on,
            currency=line.currency,
            fee=fee,
            paid_out=paid_out,
            disputed=disputed,
            payment_id=line.payment_id,
        )
    )


@use_case(permission=RECONCILE, unaudited="the undo of the import is entered, with how many it took back")
def withdraw_lines(actor: Actor, *, line_ids: Sequence[UUID]) -> None:
    """Take lines off again; the books get the entries with exchanged sides."""
    lines = locks.lock(Rank.PAYMENT, PayoutLine.objects.filter(pk__in=line_ids))
    for line in lines:
        _tell(PayoutLineWithdrawn, line)
    PayoutLine.objects.filter(pk__in=[line.pk for line in lines]).delete()


def take_back_lines(actor: Actor, batch: Batch, rows: list[BatchChange]) -> None:
    """One portion of an undo."""
    withdraw_lines(actor, line_ids=[row.target_id for row in rows])
