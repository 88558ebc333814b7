"""Customers with their orders, in the back office. It stands here because customers do not know orders."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.people.customers.models import Customer, CustomerAddress, CustomerKeeper
from apps.people.customers.selectors import search_customers
from apps.people.customers.services import assign_customer, unassign_customer, update_customer
from apps.platform.backoffice import nav, search
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_field_state,
    format_moment,
    moment_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import list_colleagues
from apps.platform.fields.carrying import CarriesFields
from apps.platform.media.panel import CarriesFiles
from apps.platform.privacy.verbs import ErasePerson, ExportPerson

from .selectors import list_orders_of_customer

LAST_ORDERS = 50


class CustomerForm(forms.Form):
    """What is known of a customer."""

    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False)
    tags = forms.CharField(label=_("Tags"), required=False, help_text=_("Separate them with commas."))
    accepts_marketing = forms.BooleanField(label=_("Wants to hear from us"), required=False)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


class EditCustomer(Verb):
    name = "edit"
    label = _("Edit")
    permission = "customers.write"
    icon = "edit"
    form_class = CustomerForm
    writes_back = True
    submit_label = _("Save")

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {
            "name": obj.name,
            "email": obj.email or "",
            "phone": obj.phone,
            "tags": ", ".join(obj.tags),
            "accepts_marketing": obj.accepts_marketing,
            "note": obj.note,
        }

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        changes = {**data, "tags": data["tags"].split(",")}
        return update_customer(actor, customer_id=obj.pk, changes=changes, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s is saved.") % {"name": result}


class ColleagueForm(forms.Form):
    """Who looks after the customer."""

    user_id = forms.TypedChoiceField(label=_("Who"), coerce=UUID)

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user_id"].choices = people  # type: ignore[attr-defined]


class AssignCustomer(Verb):
    name = "assign"
    label = _("Assign")
    permission = "customers.assign"
    icon = "person_add"

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("Members who see own customers only then see this customer, and the orders.")]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return ColleagueForm(people=[(str(user.pk), user.name) for user in list_colleagues()], **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return assign_customer(actor, customer_id=obj.pk, user_id=data["user_id"])

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s is assigned.") % {"name": result}


class UnassignCustomer(Verb):
    name = "unassign"
    label = _("Take away")
    permission = "customers.assign"
    icon = "person_remove"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return bool(_keepers(obj))

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("Members who see own customers only no longer see this customer.")]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return ColleagueForm(
            people=[(str(keeper.user_id), keeper.user.name) for keeper in _keepers(obj)], **kwargs
        )

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return unassign_customer(actor, customer_id=obj.pk, user_id=data["user_id"])

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s is no longer assigned.") % {"name": result}


def _keepers(customer: Customer) -> list[CustomerKeeper]:
    return list(CustomerKeeper.objects.filter(content_object=customer).select_related("user").order_by("id"))


@register(Customer)
class CustomerAdmin(CarriesFiles, CarriesFields, TenantModelAdmin):
    read_permission = "customers.read"
    attach_permission = "customers.write"
    list_display = (
        text_column("__str__", description=_("Name")),
        text_column("email", description=_("E-mail")),
        text_column("phone", description=_("Phone")),
        moment_column("created_at", description=_("Since")),
    )
    list_filter = ("accepts_marketing",)
    search_fields = ("email",)
    search_help_text = _("E-mail or name")
    ordering = ("-id",)
    empty_title = _("No customers yet")
    empty_text = _("Everybody who orders becomes a customer here.")
    verbs = (EditCustomer, AssignCustomer, UnassignCustomer, ExportPerson, ErasePerson)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=[customer.pk for customer in search_customers(search_term)]), False

    def facts(self, actor: Actor, obj: Customer) -> list[Fact]:
        return [
            Fact(_("E-mail"), obj.email or ""),
            Fact(_("Phone"), obj.phone),
            Fact(_("Tags"), ", ".join(obj.tags)),
            Fact(_("Wants to hear from us"), _now("Yes") if obj.accepts_marketing else _now("No")),
            Fact(
                _("Looked after by"), ", ".join(keeper.user.name for keeper in _keepers(obj)) or _("Nobody")
            ),
            Fact(_("Note"), obj.note),
        ]

    def sections(self, actor: Actor, obj: Customer) -> list[Section]:
        sections = []
        if actor.may("orders.read"):
            sections.append(_orders_section(obj))
        addresses = CustomerAddress.objects.filter(customer=obj).order_by("-is_default", "id")
        rows = [
            [address.name, str(address), _now("Yes") if address.is_default else ""] for address in addresses
        ]
        sections.append(
            Section(
                _("Addresses"),
                columns=[_("Name"), _("Address"), _("Default")],
                rows=rows,
                empty=_("No address is known yet."),
            )
        )
        return sections


def _orders_section(customer: Customer) -> Section:
    orders = list_orders_of_customer(customer.pk)[:LAST_ORDERS]
    return Section(
        _("Orders"),
        columns=[_("Number"), _("Order"), _("Payment"), _("Delivery"), _("Total"), _("Placed")],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>', reverse("admin:orders_order_change", args=[order.pk]), order.number
                ),
                format_field_state(order, "state"),
                format_field_state(order, "payment_state"),
                format_field_state(order, "fulfilment_state"),
                format_amount(order.total, order.currency),
                format_moment(order.placed_at),
            ]
            for order in orders
        ],
        align={4: "end"},
        empty=_("No orders yet."),
    )


nav.register(
    section="Customers",
    label=_("Customers"),
    url="admin:customers_customer_changelist",
    permission="customers.read",
    icon="group",
    order=10,
)


@search.register(permission="customers.read")
def find_customers(actor: Actor, term: str) -> list[search.Hit]:
    """Customers by e-mail or name."""
    return [
        search.Hit(
            title=str(customer),
            description=customer.email or "",
            url=reverse("admin:customers_customer_change", args=[customer.pk]),
            icon="person",
        )
        for customer in search_customers(term, limit=8)[:8]
    ]
