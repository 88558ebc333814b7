"""Companies: what is agreed with them, and who buys for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django_countries import countries

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import LARGEST, round_money
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import LONGEST, clean_note, clean_text
from apps.people.customers.models import Company, Customer, CustomerKeeper
from apps.people.customers.policies import TERMS, WRITE, can_act_on
from apps.people.customers.services.people import colleague, keep, normalise_email
from apps.platform.accounts.models import User
from apps.platform.businesses.selectors import get_business

ZERO = Decimal(0)
LONGEST_TERMS = 365
# What only who may give credit sets; everything else is what a company tells of itself.
AGREED = ("terms_days", "credit_limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyDraft:
    """What is known of a company and agreed with it. Amounts in the currency of the business."""

    name: str
    tax_number: str = ""
    email: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    terms_days: int | None = None
    credit_limit: Decimal = ZERO
    least_order: Decimal = ZERO
    po_required: bool = False
    rep_id: UUID | None = None
    note: str = ""


@use_case(permission=WRITE, idempotent=True, audits="customers.company_added")
def add_company(actor: Actor, *, draft: CompanyDraft, key: str | None = None) -> Company:
    """Add a company. Terms and a limit need `companies.terms`. Raises `InvalidInput` naming the fields."""
    facts = _cleaned(draft)
    if facts["terms_days"] is not None or facts["credit_limit"]:
        actor.require(TERMS)
    if actor.own_customers_only and facts["rep_id"] is None:
        facts["rep_id"] = actor.id  # whoever sees own customers only would not find it again
    company = Company.objects.create(**facts)
    audit.record(actor, "customers.company_added", company, after=_told(facts))
    return company


@use_case(permission=WRITE, idempotent=True, audits="customers.company_changed")
def change_company(
    actor: Actor, *, company_id: UUID, changes: Mapping[str, Any], key: str | None = None
) -> Company:
    """Change what is known of a company or agreed with it; orders and invoices keep what was agreed then.

    `changes` are new values by the names of `CompanyDraft`; what is left out stays as it stands under the lock, so that
    nobody who changes a note brings a former credit limit back.
    Another person who looks after it looks after its customers too. Raises `InvalidInput`, `NotFound`, and
    `PermissionRefused` for terms or a limit without `companies.terms`.
    """
    # Placing counts what a company owes under the same lock: no order slips between the old limit and the new one.
    company = lock_company(company_id)
    if not can_act_on(actor, company):
        raise NotFound()
    facts = _cleaned(CompanyDraft(**as_draft(company) | dict(changes)))
    changed = {name: value for name, value in facts.items() if getattr(company, name) != value}
    if changed.keys() & set(AGREED):
        actor.require(TERMS)
    if not changed:
        return company
    before = {name: getattr(company, name) for name in changed}
    for name, value in changed.items():
        setattr(company, name, value)
    company.save(update_fields=[*changed, "updated_at"])
    if "rep_id" in changed:
        _hand_over(company, before["rep_id"])
    audit.record(actor, "customers.company_changed", company, before=_told(before), after=_told(changed))
    return company


@use_case(permission=WRITE, audits="customers.company_joined")
def join_company(actor: Actor, *, company_id: UUID, customer_id: UUID) -> Customer:
    """Let a customer buy for a company, on its terms; of another company before. Raises `NotFound`."""
    customer = lock_one(Rank.ROOT, Customer.objects.filter(pk=customer_id))
    company = Company.objects.select_related("rep").filter(pk=company_id).first()
    if company is None or not can_act_on(actor, customer) or not can_act_on(actor, company):
        raise NotFound()
    if customer.company_id != company.pk:
        customer.company = company
        customer.save(update_fields=["company", "updated_at"])
        if company.rep is not None:
            keep(customer, company.rep)
        audit.record(actor, "customers.company_joined", customer, after={"company": company.name})
    return customer


@use_case(permission=WRITE, audits="customers.company_left")
def leave_company(actor: Actor, *, customer_id: UUID) -> Customer:
    """A customer buys for no company any more. Repeating it changes nothing. Raises `NotFound`."""
    customer = lock_one(Rank.ROOT, Customer.objects.filter(pk=customer_id))
    if not can_act_on(actor, customer):
        raise NotFound()
    if customer.company_id is not None:
        before = {"company": str(customer.company)}
        customer.company = None
        customer.save(update_fields=["company", "updated_at"])
        audit.record(actor, "customers.company_left", customer, before=before)
    return customer


def lock_company(company_id: UUID) -> Company:
    """The company, locked after orders and payments and before stock: what it owes changes under this lock only."""
    return lock_one(Rank.CREDIT, Company.objects.filter(pk=company_id))


def _cleaned(draft: CompanyDraft) -> dict[str, Any]:
    """The draft's values as they are kept; one refusal names all fields at fault."""
    problems: dict[str, list[Any]] = {}
    facts: dict[str, Any] = asdict(draft)
    for name, longest in {"name": 120, "tax_number": 40, **_ADDRESS}.items():
        try:
            facts[name] = clean_text(getattr(draft, name), longest, name)
        except InvalidInput as error:
            problems |= error.fields
    try:
        facts["email"] = normalise_email(draft.email) or ""
    except InvalidInput as error:
        problems |= error.fields
    facts["note"] = clean_note(draft.note)
    facts["country"] = facts["country"].upper()
    if not facts["name"]:
        problems["name"] = [_("Enter the name of the company.")]
    if facts["country"] and facts["country"] not in countries:
        problems["country"] = [_("Choose a country from the list.")]
    if draft.terms_days is not None and not 0 <= draft.terms_days <= LONGEST_TERMS:
        problems["terms_days"] = [_("Enter a number of days from 0 to 365.")]
    currency = get_business(require_business_id()).currency
    for name in ("credit_limit", "least_order"):
        amount = getattr(draft, name)
        if not amount.is_finite() or not ZERO <= amount <= LARGEST or round_money(amount, currency) != amount:
            problems[name] = [_("Enter an amount of zero or more.")]
    if problems:
        raise InvalidInput(fields=problems)
    if draft.rep_id is not None:
        facts["rep_id"] = _rep(draft.rep_id).pk
    return facts


_ADDRESS = {name: longest for name, longest in LONGEST.items() if name != "name"}


def _rep(user_id: UUID) -> User:
    try:
        return colleague(user_id)
    except InvalidInput as error:
        raise InvalidInput(fields={"rep_id": error.fields["user_id"]}) from error


def _hand_over(company: Company, before: UUID | None) -> None:
    """The company's persons are looked after by who looks after the company."""
    persons = list(Customer.objects.filter(company=company))
    if before is not None:
        CustomerKeeper.objects.filter(content_object__in=persons, user_id=before).delete()
    rep = User.objects.filter(pk=company.rep_id).first() if company.rep_id else None
    if rep is not None:
        for person in persons:
            keep(person, rep)


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in facts.items()}


def as_draft(company: Company) -> dict[str, Any]:
    """What is known of a company, by the names of `CompanyDraft`."""
    return {field.name: getattr(company, field.name) for field in fields(CompanyDraft)}
