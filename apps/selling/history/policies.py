"""Who may see and bring in sales of the past."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.limits import Limit, limit_rows, narrow
from apps.kernel.permissions import declare
from apps.people.customers.policies import keeps

from .models import PastLine, PastOrder

READ = declare("history.read", _("See sales of the past"))
IMPORT = declare("history.import", _("Bring in sales of the past"), whole_business=True)
REPORTS = declare("reports.read", _("See the report of sales"), whole_business=True)


@limit_rows("history.pastorder")
def orders_within_limit(limit: Limit) -> Q:
    """Papers of one's own customers. No location fulfils what was sold before: whoever is bound to some sees none."""
    if limit.location_ids is not None:
        return Q(pk__in=[])
    return Q() if limit.customers_of is None else keeps(limit.customers_of, "customer_id")


@limit_rows("history.pastline")
def lines_within_limit(limit: Limit) -> Q:
    """Lines of papers within the limit."""
    return Q(Exists(narrow(PastOrder.objects.filter(pk=OuterRef("order_id")), limit)))


@limit_rows("history.customerreference")
def references_within_limit(limit: Limit) -> Q:
    """Numbers of one's own customers."""
    return Q() if limit.customers_of is None else keeps(limit.customers_of, "customer_id")


@limit_rows("history.matchedreturn")
def matches_within_limit(limit: Limit) -> Q:
    """What was matched of papers within the limit."""
    return Q(Exists(narrow(PastLine.objects.filter(pk=OuterRef("return_line_id")), limit)))
