"""Every write of customers and companies."""

from apps.people.customers.services.companies import (
    add_company,
    change_company,
    join_company,
    leave_company,
)
from apps.people.customers.services.people import (
    add_customers,
    assign_customer,
    forget_keeper,
    normalise_email,
    note_advertising_choice,
    record_customer,
    remember_address,
    unassign_customer,
    update_customer,
    withdraw_customers,
)

__all__ = [
    "add_company",
    "add_customers",
    "assign_customer",
    "change_company",
    "forget_keeper",
    "join_company",
    "leave_company",
    "normalise_email",
    "note_advertising_choice",
    "record_customer",
    "remember_address",
    "unassign_customer",
    "update_customer",
    "withdraw_customers",
]
