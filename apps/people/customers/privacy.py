"""What is known of buyers."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.locks import Rank, lock_one
from apps.kernel.privacy import Anonymised, Deleted, Person, impersonal, person_of, personal, records_of
from apps.kernel.tenancy import require_business_id
from apps.kernel.work import current_work

from .models import Customer

personal(
    "customers.customer", "name", "email", "phone", "tags", "note",
    title=_("What is known of the customer"),
    of={"customer": lambda person: Q(pk=person.id)},
    erasure=Anonymised(
        {"name": "", "email": None, "phone": "", "tags": [], "note": "", "user": None, "accepts_marketing": False}
    ),
)  # fmt: skip
personal(
    "customers.customer", "name", "email", "phone",
    title=_("Shops that know the account"),
    of={"user": lambda person: Q(user_id=person.id)},
    erasure=Anonymised({"user": None}),
    hidden=("note", "tags"),
)  # fmt: skip
personal(
    "customers.customeraddress", "name", "line1", "line2", "city", "region", "postcode",
    title=_("Addresses"),
    of={"customer": lambda person: Q(customer_id=person.id)},
    erasure=Deleted(),
)  # fmt: skip
impersonal("customers.customeraddress", "country", because="a country names nobody")
# An organisation; of its people the customers are kept. Its address for invoices may name one of them.
personal(
    "customers.company", "email", "note",
    title=_("The company one buys for"),
    of={"customer": lambda person: Q(persons__pk=person.id, email__in=person.emails)},
    erasure=Anonymised({"email": "", "note": ""}),
)  # fmt: skip
impersonal(
    "customers.company", "name", "tax_number", "line1", "line2", "city", "region", "postcode", "country",
    because="an organisation's, as its papers name it",
)  # fmt: skip
personal(
    "customers.customerkeeper",
    title=_("Who looks after the customer"),
    of={"customer": lambda person: Q(content_object_id=person.id), "user": lambda person: Q(user_id=person.id)},
    erasure=Deleted(),
)  # fmt: skip


@person_of("customer")
def find_customer(customer_id: UUID) -> Person:
    """The customer; locked when somebody is about to change her."""
    rows = Customer.objects.filter(pk=customer_id)
    if current_work() is not None:
        customer = lock_one(Rank.ROOT, rows)
    else:
        from .selectors import get_customer

        customer = get_customer(customer_id)
    emails = (customer.email,) if customer.email else ()
    return Person(
        "customer",
        customer.pk,
        str(customer),
        emails,
        (customer.phone,),
        customer.user_id,
        require_business_id(),
        name=customer.name,
    )


@records_of("customer")
def herself(person: Person) -> Iterator[tuple[str, UUID]]:
    """Files and comments can be attached to the customer."""
    yield "customers.customer", person.id
