"""Companies are reminded of what is overdue: each level of the business's cadence once for each invoice."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.locks import Rank, lock_one
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.money.receivables.models import Cadence, Receivable, Reminder
from apps.money.receivables.policies import REMIND
from apps.money.receivables.selectors import cadence_days, level_for
from apps.platform.businesses.selectors import get_business
from apps.platform.notifications.services import queue_email
from apps.selling.orders.policies import check_system

from .opening import invoice_url

MOST_LEVELS = 6
LONGEST_WAIT = 365


@use_case(permission=REMIND, idempotent=True, audits="receivables.cadence_set")
def set_cadence(actor: Actor, *, days: Sequence[int], key: str | None = None) -> list[int]:
    """Say how many days after the due day companies are reminded, up to six times; none ends it.

    Levels that were sent are not sent again. Raises `InvalidInput`.
    """
    wanted = sorted(set(days))
    if len(wanted) > MOST_LEVELS or any(not 0 < day <= LONGEST_WAIT for day in wanted):
        message = _("Enter up to six numbers of days from 1 to 365.")
        raise InvalidInput(message, fields={"days": [message]})
    before = cadence_days()
    if wanted != before or not Cadence.objects.exists():
        row, _made = Cadence.objects.update_or_create(
            business_id=require_business_id(), defaults={"days": wanted}
        )
        audit.record(actor, "receivables.cadence_set", row, before={"days": before}, after={"days": wanted})
    return wanted


@use_case(unaudited="the message that is sent is kept with its words")
def remind(actor: Actor, *, receivable_id: UUID) -> Reminder | None:
    """Remind a company of one invoice if the next level of the cadence has come; by the product itself only.

    Of several levels that passed at once the last one is sent. None: it is paid, not due, was said before, or nobody's
    address is known. Repeating it sends nothing twice.
    """
    check_system(actor)
    row = lock_one(Rank.ROOT, Receivable.objects.filter(pk=receivable_id))
    if row.open_amount <= 0:
        return None
    business = get_business(require_business_id())
    today = clock.today(business.time_zone)
    level = level_for((today - row.due_on).days, cadence_days())
    sent = Reminder.objects.filter(receivable=row).aggregate(last=Max("level"))["last"] or 0
    order = row.order
    to = row.company.email or order.email
    if level <= sent or not to:
        return None
    reminder: Reminder = Reminder.objects.create(
        receivable=row, level=level, open_amount=row.open_amount, sent_to=to
    )
    queue_email(
        actor,
        to=to,
        template="invoice_reminder",
        context={
            "company": row.company.name,
            "invoice": row.document.reference,
            "po_number": order.po_number,
            "issued_on": row.issued_on,
            "due_on": row.due_on,
            "amount": row.amount,
            "open_amount": row.open_amount,
            "currency": row.currency,
            "days": (today - row.due_on).days,
            "level": level,
            "invoice_url": invoice_url(order, row.document.reference),
        },
        dedupe_key=f"invoice_reminder:{row.pk}:{level}",
        language=order.language,
        words_for="receivables.read",
    )
    return reminder
