"""Who may write quotes, and of which customers."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.limits import Limit, limit_rows, narrow
from apps.kernel.permissions import declare
from apps.people.customers.policies import keeps

from .models import Quote

READ = declare("quotes.read", _("See quotes"))
WRITE = declare("quotes.write", _("Write, send and withdraw quotes"))


@limit_rows("quotes.quote")
def of_own_customers(limit: Limit) -> Q:
    """Quotes for the customers one looks after. A quote takes no stock, so it belongs to no location."""
    return Q() if limit.customers_of is None else keeps(limit.customers_of, "customer_id")


@limit_rows("quotes.quoteline")
def of_quotes_within_limit(limit: Limit) -> Q:
    """Lines of quotes within the limit."""
    return Q(Exists(narrow(Quote.objects.filter(pk=OuterRef("quote_id")), limit)))
