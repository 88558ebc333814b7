"""Sales as a kind of file: what imports need to know of it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.imports.kinds import ImportKind, UndoStep
from apps.goods.imports.models import BatchChange, ImportJob
from apps.goods.imports.rules import NO_PRODUCTS

from .columns import FIELDS
from .policies import IMPORT
from .services.running import sales_passes
from .services.withdrawing import take_back_customers, take_back_sales

REASONS = {
    "goods": _("Sold"),
    "delivery": _("Delivery"),
    "discount": _("Discounts"),
    "fee": _("Fees"),
    "sample": _("Samples"),
    "voucher": _("Vouchers"),
    "bad_debt": _("Bad debts"),
    "manual": _("Entered by hand"),
    "return_matched": _("Returns, matched to their sale"),
    "return_matched_partly": _("Returns, matched in part"),
    "return_no_customer": _("Returns without a customer: cannot be matched"),
    "return_never_sold": _("Returns of what the file does not sell to this customer before"),
    "return_other_price": _("Returns at a price at which it was not sold"),
    "return_more_than_sold": _("Returns of more than was left of the sales"),
    "no_price": _("Left out: no price"),
    "no_quantity": _("Left out: no quantity"),
    "cancelled": _("Left out: cancelled before it came to anything"),
    "other_currency": _("Left out: in another currency"),
    "unreadable": _("Reported: cannot be read"),
    "with_fault": _("Reported: on a paper with a row that cannot be read"),
    "other_content": _("Reported: another paper has this number"),
    "refused": _("Reported: refused"),
    "rounding": _("Fractions of the smallest coin"),
}


def _explain(job: ImportJob) -> list[Any]:
    text = ngettext(
        "%(n)s paper of the past is added, with its customers and products.",
        "%(n)s papers of the past are added, with their customers and products.",
        job.created_count,
    )
    return [
        text % {"n": f"{job.created_count:,}"},
        _now("Today's stock stays as it is, nobody gets an e-mail, and nobody is asked for money."),
        _now("The books get one entry for each day and kind; the other side is the opening equity."),
    ]


def _submit(job: ImportJob) -> Any:
    text = ngettext("Bring in %(n)s paper", "Bring in %(n)s papers", job.created_count)
    return text % {"n": f"{job.created_count:,}"}


SALES = ImportKind(
    code=ImportJob.Kind.SALES,
    fields=FIELDS,
    passes=sales_passes,
    permission=IMPORT,
    rules=("no_products", "as_drafts"),
    default_rules={"no_products": f"{NO_PRODUCTS}, DELIVERY, SAMPLES, FEE, PADS"},
    explain=_explain,
    submit=_submit,
    reason_label=lambda reason: REASONS.get(reason, reason),
    tells_of_people=True,
    number_of_person="customer",
    undo=(
        UndoStep((BatchChange.Kind.SALES_ADDED,), take_back_sales, 10),
        UndoStep((BatchChange.Kind.CUSTOMER_ADDED,), take_back_customers, 500),
    ),
)
