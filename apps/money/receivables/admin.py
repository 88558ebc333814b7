"""Companies with orders, open invoices and payments. It stands here because customers do not know what is owed."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.money import ZERO
from apps.money.invoicing.models import Document
from apps.people.customers.addresses import postal_lines
from apps.people.customers.models import Company, Customer
from apps.people.customers.policies import READ as SEE_CUSTOMERS
from apps.platform.backoffice import nav, today
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_field_state,
    format_state,
    money_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section, tells_of
from apps.platform.backoffice.tabs import Tab
from apps.platform.businesses.selectors import get_current_business
from apps.selling.orders.models import Order
from apps.selling.orders.services.terms import exposure_of

from . import pages  # noqa: F401  (registers its pages)
from .models import Receivable, Settlement
from .policies import READ
from .selectors import open_items
from .verbs import (
    AddCompany,
    AddPerson,
    ChangeCompany,
    OpenStatement,
    RecordPayment,
    RemovePerson,
    SetCadence,
    TakeBackPayment,
)

MOST_SHOWN = 50


def terms_words(company: Company) -> str:
    """How the company pays, in words."""
    if company.terms_days is None:
        return _now("in advance")
    return ngettext("%(n)s day", "%(n)s days", company.terms_days) % {"n": company.terms_days}


def shown_terms(company: Company) -> str:
    """The same as a column."""
    return terms_words(company)


shown_terms.short_description = _("Pays within")  # type: ignore[attr-defined]
shown_terms.admin_order_field = "terms_days"  # type: ignore[attr-defined]


@register(Company)
class CompanyAdmin(TenantModelAdmin):
    """Companies by name; the page of one with all that is open."""

    read_permission = SEE_CUSTOMERS
    list_display = [
        text_column("name", description=_("Name")),
        shown_terms,
        money_column("credit_limit", description=_("Credit limit")),
        text_column("tax_number", description=_("Tax number")),
        text_column("email", description=_("E-mail for invoices")),
    ]
    search_fields = ["name__icontains", "tax_number__iexact", "email__istartswith"]
    search_help_text = _("Name, tax number or e-mail")
    ordering = ["name", "id"]
    verbs = [RecordPayment, ChangeCompany, AddPerson, OpenStatement, TakeBackPayment, RemovePerson]
    list_verbs = [AddCompany, SetCadence]
    empty_title = _("No companies yet")
    empty_text = _("A company has several customers as its persons, days to pay and a credit limit.")
    empty_verb = "new"
    tabs = [
        Tab("all", _("All")),
        Tab("account", _("On account"), Q(terms_days__isnull=False)),
        Tab("advance", _("Pay in advance"), Q(terms_days__isnull=True)),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Company]:
        return super().get_queryset(request).select_related("rep")

    def facts(self, actor: Actor, obj: Company) -> list[Fact]:
        currency = get_current_business().currency
        to = postal_lines((obj.line1, obj.line2), obj.city, obj.region, obj.postcode, obj.country)
        address = ", ".join(to) if obj.line1 else ""
        used = exposure_of(obj.pk)
        facts = [
            Fact(
                _("Pays within"), terms_words(obj), help=_now("After the invoice.") if obj.terms_days else ""
            ),
            Fact(_("Credit limit"), format_amount(obj.credit_limit, currency)),
            Fact(
                _("Owes and has on order"),
                format_amount(used, currency),
                help=_now("%(left)s is left.")
                % {"left": format_amount(max(ZERO, obj.credit_limit - used), currency)},
            ),
            Fact(_("Looked after by"), obj.rep.name if obj.rep else _now("Nobody")),
            Fact(_("E-mail for invoices"), obj.email, help=address),
            Fact(_("Tax number"), obj.tax_number),
        ]
        if obj.least_order:
            facts.append(Fact(_("Smallest order on account"), format_amount(obj.least_order, currency)))
        if obj.po_required:
            facts.append(Fact(_("Own order number"), _now("with every order")))
        return [*facts, Fact(_("Note"), obj.note)] if obj.note else facts

    def sections(self, actor: Actor, obj: Company) -> list[Section]:
        made = []
        if actor.may(READ):
            made += [_open_section(obj), _payments_section(obj)]
        if actor.may("orders.read"):
            made.append(_orders_section(obj))
        return [*made, _persons_section(obj)]


def _open_section(company: Company) -> Section:
    today_here = clock.today(get_current_business().time_zone)
    items = open_items(today_here, company_id=company.pk)
    currency = get_current_business().currency
    total = sum((one.open_amount for one in items), ZERO)
    return Section(
        _("Open invoices"),
        columns=[_("Invoice"), _("Order"), _("Due"), _("Late"), _("Amount"), _("Open")],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>',
                    reverse("admin:invoicing_document_change", args=[one.receivable.document_id]),
                    one.receivable.document.reference,
                ),
                one.receivable.order.number,
                date_format(one.receivable.due_on),
                late_words(one.late),
                format_amount(one.receivable.amount, currency),
                format_amount(one.open_amount, currency),
            ]
            for one in items[:MOST_SHOWN]
        ],
        align={4: "end", 5: "end"},
        footer=[[_now("Together"), "", "", "", "", format_amount(total, currency)]] if items else (),
        empty=_("Nothing is open."),
    )


def late_words(late: int) -> str:
    """How long after its due day something is, in words; empty when it is not due."""
    return ngettext("%(n)s day", "%(n)s days", late) % {"n": late} if late > 0 else ""


def _payments_section(company: Company) -> Section:
    rows = (
        Settlement.objects.filter(company=company).select_related("document").order_by("-received_on", "-id")
    )
    return Section(
        _("Payments and credit notes"),
        columns=[_("Date"), _("What"), _("Reference"), _("State"), _("Amount")],
        rows=[
            [
                date_format(one.received_on),
                one.get_way_display() if one.way else one.get_kind_display(),
                one.document.reference if one.document else one.reference,
                _settlement_state(one),
                format_amount(one.amount, one.currency),
            ]
            for one in rows[:MOST_SHOWN]
        ],
        align={4: "end"},
        empty=_("Nothing came in yet."),
    )


def _settlement_state(one: Settlement) -> str:
    if one.reversed_on:
        return _now("taken back %(day)s: %(reason)s") % {
            "day": date_format(one.reversed_on),
            "reason": one.reason,
        }
    if one.rest:
        return _now("%(amount)s still to be set off") % {"amount": format_amount(one.rest, one.currency)}
    return ""


def _orders_section(company: Company) -> Section:
    orders = Order.objects.filter(company=company).order_by("-placed_at", "-id")[:MOST_SHOWN]
    return Section(
        _("Orders"),
        columns=[_("Number"), _("Own number"), _("Order"), _("Payment"), _("Delivery"), _("Total")],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>', reverse("admin:orders_order_change", args=[one.pk]), one.number
                ),
                one.po_number,
                format_state(one.state, _now("Needs approval"), "warn")
                if one.needs_approval
                else format_field_state(one, "state"),
                format_field_state(one, "payment_state"),
                format_field_state(one, "fulfilment_state"),
                format_amount(one.total, one.currency),
            ]
            for one in orders
        ],
        align={5: "end"},
        empty=_("No orders on account yet."),
    )


def _persons_section(company: Company) -> Section:
    people = Customer.objects.filter(company=company).order_by("name", "id")
    return Section(
        _("Persons"),
        columns=[_("Name"), _("E-mail"), _("Phone")],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>', reverse("admin:customers_customer_change", args=[one.pk]), str(one)
                ),
                one.email or "",
                one.phone,
            ]
            for one in people
        ],
        empty=_("Nobody buys for this company yet."),
    )


@tells_of(Document)
def invoice_section(actor: Actor, document: Document) -> list[Section]:
    """When an invoice on account is due, what is open of it, and when the company was reminded."""
    row = Receivable.objects.filter(document=document).select_related("company").first()
    if row is None or not actor.may(READ):
        return []
    sent = row.reminders(manager="objects").order_by("level")
    reminded = ", ".join(f"{one.level}: {one.created_at:%Y-%m-%d}" for one in sent)
    cells = [
        row.company.name,
        date_format(row.due_on),
        format_amount(row.settled, row.currency),
        format_amount(row.open_amount, row.currency),
        reminded,
    ]
    return [
        Section(
            _("On account"),
            columns=[_("Company"), _("Due"), _("Paid and credited"), _("Open"), _("Reminders")],
            rows=[cells],
            align={2: "end", 3: "end"},
        )
    ]


@today.register_card(permission=READ, order=22)
def overdue_card(actor: Actor) -> list[today.Card]:
    """What companies should have paid by today; nothing where nothing is overdue."""
    now = clock.today(get_current_business().time_zone)
    rows = list(
        Receivable.objects.filter(settled__lt=F("amount"), due_on__lt=now).values_list("amount", "settled")
    )
    if not rows:
        return []
    total = sum((amount - settled for amount, settled in rows), ZERO)
    count = ngettext("%(n)s invoice", "%(n)s invoices", len(rows)) % {"n": len(rows)}
    url = reverse("admin:receivables_report")
    return [today.Card(label=_now("Overdue from companies"), value=format_amount(total), url=url, note=count)]


nav.register(
    section="Customers",
    label=_("Companies"),
    url="admin:customers_company_changelist",
    permission=SEE_CUSTOMERS,
    icon="apartment",
    order=12,
)
