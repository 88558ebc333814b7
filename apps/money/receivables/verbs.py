"""What staff do with companies: each verb calls one service."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.people.customers.models import Customer
from apps.people.customers.policies import TERMS, WRITE
from apps.people.customers.services import (
    add_company,
    change_company,
    join_company,
    leave_company,
    record_customer,
)
from apps.people.customers.services.companies import CompanyDraft, as_draft
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import get_current_business

from .forms import (
    CadenceForm,
    CompanyForm,
    PaymentForm,
    PeriodForm,
    PersonChoice,
    PersonForm,
    TakeBackForm,
)
from .models import Settlement
from .policies import PAY, READ, REMIND
from .selectors import cadence_days
from .services import record_payment, reverse_payment, set_cadence
from .services.opening import open_of

MOST_PAYMENTS = 50


def company_url(company_id: Any) -> str:
    """The company's page."""
    return reverse("admin:customers_company_change", args=[company_id])


class AddCompany(Verb):
    name = "new"
    label = _("New company")
    submit_label = _("Save company")
    permission = WRITE

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = CompanyForm(may_set_terms=actor.may(TERMS), **kwargs)
        return self.form

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return add_company(actor, draft=CompanyDraft(**self.form.typed()), key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s is saved.") % {"name": result}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return company_url(result.pk)


class ChangeCompany(AddCompany):
    name = "change"
    label = _("Change")  # type: ignore[assignment]
    icon = "edit"
    writes_back = True

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {**as_draft(obj), "rep_id": str(obj.rep_id or "")}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return change_company(actor, company_id=obj.pk, changes=self.form.typed(), key=key)


class AddPerson(Verb):
    name = "join"
    label = _("Add a person")
    permission = WRITE
    icon = "person_add"
    form_class = PersonForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Whoever signs in with this address buys for the company, on its terms.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        customer = record_customer(actor, email=data["email"], name=data["name"])
        return join_company(actor, company_id=obj.pk, customer_id=customer.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s buys for %(company)s.") % {"name": result, "company": obj}


class RemovePerson(Verb):
    name = "leave"
    label = _("Take a person out")
    permission = WRITE
    icon = "person_remove"

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        people = Customer.objects.filter(company=obj).order_by("name", "id")
        return PersonChoice(people=[(str(one.pk), str(one)) for one in people], **kwargs)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Orders that were placed stay with the company.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return leave_company(actor, customer_id=data["customer_id"])

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s no longer buys for %(company)s.") % {"name": result, "company": obj}


class RecordPayment(Verb):
    name = "pay"
    label = _("Record a payment")
    submit_label = _("Record payment")
    permission = PAY
    icon = "payments"

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now("The books take it to bank or cash, and the company owes as much less."),
            _now("Say what is of which invoice, or leave it empty: then those due first are paid."),
        ]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        today = clock.today(get_current_business().time_zone)
        self.form = PaymentForm(rows=open_of(obj.pk), today=today, **kwargs)
        return self.form

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return record_payment(
            actor,
            company_id=obj.pk,
            amount=data["amount"],
            way=data["way"],
            received_on=data["received_on"],
            reference=data["reference"],
            parts=self.form.parts(),
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(amount)s is recorded.") % {"amount": format_amount(result.amount, result.currency)}


class TakeBackPayment(Verb):
    name = "unpay"
    label = _("Take a payment back")
    permission = PAY
    icon = "undo"
    dangerous = True

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Its invoices are open again; the books take it back with today's date.")]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        found = Settlement.objects.filter(
            company=obj, kind=Settlement.Kind.PAYMENT, reversed_on__isnull=True
        ).order_by("-received_on", "-id")[:MOST_PAYMENTS]
        choices = [
            (
                str(one.pk),
                f"{one.received_on} · {format_amount(one.amount, one.currency)} · {one.reference}".strip(
                    " ·"
                ),
            )
            for one in found
        ]
        return TakeBackForm(payments=choices, **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return reverse_payment(actor, settlement_id=data["settlement_id"], reason=data["reason"], key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(amount)s is taken back.") % {"amount": format_amount(result.amount, result.currency)}


class OpenStatement(Verb):
    name = "statement"
    label = _("Statement")
    submit_label = _("Open the PDF")
    permission = READ
    icon = "description"
    form_class = PeriodForm

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        today = clock.today(get_current_business().time_zone)
        return {"start": (today - dt.timedelta(days=90)), "end": today}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return data

    def answer(self, request: HttpRequest, obj: Any, result: Any) -> HttpResponse | None:
        url = reverse("admin:receivables_statement", args=[obj.pk])
        return HttpResponseRedirect(f"{url}?from={result['start']}&to={result['end']}")


class SetCadence(Verb):
    name = "reminders"
    label = _("Reminders")
    submit_label = _("Save")
    permission = REMIND
    icon = "notifications"
    form_class = CadenceForm
    writes_back = True

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Each reminder of an invoice is sent once, by e-mail, until it is paid.")]

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"days": ", ".join(str(day) for day in cadence_days())}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return set_cadence(actor, days=data["days"], key=key)

    def success(self, obj: Any, result: Any) -> Any:
        if not result:
            return _now("Nobody is reminded.")
        return _now("Companies are reminded after %(days)s days.") % {"days": ", ".join(map(str, result))}
