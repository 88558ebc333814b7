"""Who may see what companies owe, and record what they pay."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.limits import Limit, limit_rows, narrow
from apps.kernel.permissions import declare
from apps.people.customers.models import Company

from .models import Receivable

READ = declare("receivables.read", _("See open invoices, ageing and statements of companies"))
PAY = declare("receivables.pay", _("Record payments of companies and take them back"))
REMIND = declare("receivables.remind", _("Say when companies are reminded"), whole_business=True)


@limit_rows("receivables.receivable", "receivables.settlement")
def of_companies_within_limit(limit: Limit) -> Q:
    """What companies owe and paid that the limited person looks after; nothing for who is limited to locations."""
    if limit.location_ids is not None:
        return Q(pk__in=[])
    return Q(Exists(narrow(Company.objects.filter(pk=OuterRef("company_id")), limit)))


@limit_rows("receivables.allocation", "receivables.reminder")
def of_receivables_within_limit(limit: Limit) -> Q:
    """What belongs to invoices within the limit."""
    return Q(Exists(narrow(Receivable.objects.filter(pk=OuterRef("receivable_id")), limit)))
