"""Who may see and change price lists and taxes."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.limits import Limit, limit_rows
from apps.kernel.permissions import declare
from apps.people.customers.policies import keeps

READ = declare("pricing.read", _("See price lists and taxes"), whole_business=True)
MANAGE = declare("pricing.manage", _("Change price lists"), whole_business=True)
TAXES = declare("pricing.taxes", _("Change taxes"), whole_business=True)


@limit_rows("pricing.pricelist")
def lists_of_own_customers(limit: Limit) -> Q:
    """Lists for everybody, and those of own customers."""
    return (
        Q()
        if limit.customers_of is None
        else Q(customer__isnull=True) | keeps(limit.customers_of, "customer_id")
    )


@limit_rows("pricing.pricelistentry")
def entries_of_own_customers(limit: Limit) -> Q:
    """What stands on them."""
    if limit.customers_of is None:
        return Q()
    return Q(price_list__customer__isnull=True) | keeps(limit.customers_of, "price_list__customer_id")


@limit_rows("pricing.customertax")
def taxes_of_own_customers(limit: Limit) -> Q:
    """Papers of own customers."""
    return Q() if limit.customers_of is None else keeps(limit.customers_of, "customer_id")
