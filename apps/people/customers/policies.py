"""Who may see and change customers, and which."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.limits import Limit, is_visible, limit_rows
from apps.kernel.permissions import declare
from apps.platform.fields.kinds import takes_fields

from .models import LOOK_AFTER, Company, Customer, CustomerKeeper

READ = declare("customers.read", _("See customers"))
WRITE = declare("customers.write", _("Add and change customers"))
takes_fields("customers.customer", _("Customers"), read=READ, change=WRITE)
ASSIGN = declare("customers.assign", _("Say who looks after a customer"), whole_business=True)
TERMS = declare("companies.terms", _("Set days to pay and credit limits of companies"), whole_business=True)


def keeps(user_id: UUID, customer: str) -> Q:
    """Rows whose `customer` (a column of theirs) is looked after by the person: guardian's rights as one condition."""
    kept = CustomerKeeper.objects.filter(
        content_object_id=OuterRef(customer), user_id=user_id, permission__codename=LOOK_AFTER
    )
    return Q(Exists(kept))


@limit_rows("customers.customer")
def own_customers(limit: Limit) -> Q:
    """Everybody's customers, or those that the limited person looks after."""
    return Q() if limit.customers_of is None else keeps(limit.customers_of, "pk")


@limit_rows("customers.customeraddress")
def addresses_of_own_customers(limit: Limit) -> Q:
    """Where own customers live."""
    return Q() if limit.customers_of is None else keeps(limit.customers_of, "customer_id")


@limit_rows("customers.customerkeeper")
def keepers_of_own_customers(limit: Limit) -> Q:
    """Who looks after own customers."""
    return Q() if limit.customers_of is None else keeps(limit.customers_of, "content_object_id")


@limit_rows("customers.company")
def own_companies(limit: Limit) -> Q:
    """Companies that the limited person looks after, or a person of."""
    if limit.customers_of is None:
        return Q()
    kept = Customer.objects.filter(keeps(limit.customers_of, "pk"), company_id=OuterRef("pk"))
    return Q(rep_id=limit.customers_of) | Q(Exists(kept))


def can_record(actor: Actor) -> bool:
    """Visitors leave their own details when they order; staff need the permission."""
    return actor.kind in {"guest", "customer"} or actor.may(WRITE)


def can_act_on(actor: Actor, customer: Customer | Company) -> bool:
    """Whoever is limited to own customers acts on these only."""
    return is_visible(customer, actor.limit)
