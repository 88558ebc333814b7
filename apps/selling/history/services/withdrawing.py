"""Taking off what a file of sales brought in; called by the undo of imports."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.imports.models import Batch, BatchChange
from apps.kernel import locks
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.locks import Rank
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.services import withdraw_customers
from apps.platform.businesses.selectors import get_current_business
from apps.selling.history.events import PastDayWithdrawn
from apps.selling.history.models import MatchedReturn, PastLine, PastOrder, SalesPart, SalesPosting


@use_case(
    permission="history.import", unaudited="the undo of the import is entered, with how much it took back"
)
def withdraw_parts(actor: Actor, *, part_ids: Sequence[UUID]) -> int:
    """Delete papers and lines of these parts and tell the books to take their entries back; how many papers."""
    parts = locks.lock(Rank.ROOT, SalesPart.objects.filter(pk__in=part_ids))
    ids = [part.pk for part in parts]
    currency = get_current_business().currency
    for posting in SalesPosting.objects.filter(part__in=ids).select_related("part").order_by("id"):
        publish(
            PastDayWithdrawn(
                business_id=require_business_id(),
                posting_id=posting.pk,
                kind=posting.kind,
                day=posting.part.day,
                currency=currency,
                amounts={name: Decimal(text) for name, text in posting.amounts.items()},
            )
        )
    lines = PastLine.objects.filter(order__part__in=ids)
    MatchedReturn.objects.filter(return_line__in=lines).delete()
    MatchedReturn.objects.filter(sale_line__in=lines).delete()
    # Their rows are many, and nothing else hangs on them: without reading them first.
    lines.order_by()._raw_delete(lines.db)
    count, _by_table = PastOrder.objects.filter(part__in=ids).delete()
    SalesPosting.objects.filter(part__in=ids).delete()
    SalesPart.objects.filter(pk__in=ids).delete()
    return count


def take_back_sales(actor: Actor, batch: Batch, rows: list[BatchChange]) -> None:
    """One portion of an undo: parts of the file."""
    withdraw_parts(actor, part_ids=[row.target_id for row in rows])


def take_back_customers(actor: Actor, batch: Batch, rows: list[BatchChange]) -> None:
    """Customers that the file added, where nothing else names them by now."""
    gone = set(
        withdraw_customers(
            actor, customer_ids=[row.target_id for row in rows], unless=("history.customerreference",)
        )
    )
    for row in rows:
        if row.target_id not in gone:
            row.outcome = BatchChange.Outcome.KEPT
            row.reason = _("Somebody changed this customer, or something else names it: it stays.")
