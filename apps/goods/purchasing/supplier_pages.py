"""Suppliers in the back office."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.page_parts import full_name, variant_url
from apps.goods.purchasing.models import Supplier
from apps.goods.purchasing.order_verbs import WriteOrder
from apps.goods.purchasing.page_parts import money, performance_section
from apps.goods.purchasing.policies import READ, SUPPLIERS_READ, SUPPLIERS_WRITE
from apps.goods.purchasing.selectors import list_items
from apps.goods.purchasing.supplier_verbs import (
    AddAddress,
    AddContact,
    AddSupplier,
    ArchiveSupplier,
    EditSupplier,
    LogNote,
    RemoveAddress,
    RemoveContact,
    RemoveItems,
    RestoreSupplier,
    SetItems,
    supplier_url,
)
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav, search
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_amount, number_column, state_column, text_column
from apps.platform.backoffice.detail import Fact, Section, Step
from apps.platform.backoffice.tabs import Tab
from apps.platform.fields.carrying import CarriesFields
from apps.platform.media.panel import CarriesFiles

ITEMS_SHOWN = 100
NOTES_SHOWN = 30


@register(Supplier)
class SupplierAdmin(CarriesFiles, CarriesFields, TenantModelAdmin):
    """Who goods are bought from, with people, places, log and items."""

    read_permission = SUPPLIERS_READ
    attach_permission = SUPPLIERS_WRITE
    list_display = [
        "name",
        "code",
        state_column("status", description=_("Status")),
        text_column("currency", description=_("Currency")),
        number_column("lead_days", description=_("Days until delivery")),
        number_column("item_count", description=_("Items")),
    ]
    search_fields = ["name__icontains", "code__istartswith"]
    search_help_text = _("Name or code")
    ordering = ["name", "id"]
    tabs = [
        Tab("active", _("Active"), Q(status=Supplier.Status.ACTIVE)),
        Tab("archived", _("Archived"), Q(status=Supplier.Status.ARCHIVED)),
        Tab("all", _("All")),
    ]
    verbs = [
        WriteOrder, EditSupplier, SetItems, LogNote, AddContact, AddAddress, RestoreSupplier,
        RemoveItems, RemoveContact, RemoveAddress, ArchiveSupplier,
    ]  # fmt: skip
    list_verbs = [AddSupplier]
    empty_title = _("No suppliers yet")
    empty_text = _("Add the first one; then say what it sells and what one piece costs.")
    empty_verb = "add"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supplier]:
        return super().get_queryset(request).annotate(item_count=Count("items"))

    def subtitle(self, obj: Supplier) -> Any:
        return obj.code

    def facts(self, actor: Actor, obj: Supplier) -> list[Fact]:
        return [
            Fact(_("Currency"), obj.currency),
            Fact(_("Days until delivery"), str(obj.lead_days)),
            Fact(_("Days until payment"), str(obj.payment_days)),
            Fact(_("Minimum order"), format_amount(obj.minimum_order, obj.currency)),
            Fact(_("Tax number"), obj.tax_number),
            Fact(_("Website"), obj.website),
            Fact(_("Note"), obj.note),
        ]

    def sections(self, actor: Actor, obj: Supplier) -> list[Section]:
        judged = [performance_section(obj)] if actor.may(READ) else []
        return [_items_section(obj), *judged, _people_section(obj), _places_section(obj)]

    def timeline(self, actor: Actor, obj: Supplier) -> list[Step]:
        notes = obj.notes(manager="objects").order_by("-happened_on", "-id")[:NOTES_SHOWN]
        zone = timezone.get_current_timezone()
        return [
            Step(
                at=dt.datetime.combine(note.happened_on, dt.time(12), tzinfo=zone),
                text=f"{note.get_channel_display()}: {note.text}",
                actor=note.actor_label,
            )
            for note in notes
        ]


def _items_section(supplier: Supplier) -> Section:
    items = list(list_items(supplier)[: ITEMS_SHOWN + 1])
    more = [[_now("and more"), "", "", "", "", ""]] if len(items) > ITEMS_SHOWN else []
    return Section(
        _("What it sells"),
        columns=[_("Item"), _("Supplier's SKU"), _("Cost"), _("Pack"), _("At least"), _("Bought here first")],
        rows=[
            [
                format_html('<a href="{}">{}</a>', variant_url(item.variant_id), full_name(item.variant)),
                item.supplier_sku,
                money(item.cost, supplier.currency),
                item.pack_size
                if item.pack_cost is None
                else f"{item.pack_size} · {money(item.pack_cost, supplier.currency)}",
                item.minimum_quantity,
                _("yes") if item.is_preferred else "",
            ]
            for item in items[:ITEMS_SHOWN]
        ],
        footer=more,
        align={2: "end", 3: "end", 4: "end"},
        empty=_("Enter what this supplier sells, so that orders and proposals know costs and packs."),
    )


def _people_section(supplier: Supplier) -> Section:
    people = supplier.contacts(manager="objects").order_by("name", "id")
    return Section(
        _("People"),
        columns=[_("Name"), _("Job"), _("E-mail"), _("Phone"), _("Takes orders")],
        rows=[[p.name, p.job, p.email, p.phone, _("yes") if p.takes_orders else ""] for p in people],
        empty=_("Nobody yet. Orders are mailed to the person who takes orders."),
    )


def _places_section(supplier: Supplier) -> Section:
    places = supplier.addresses(manager="objects").order_by("id")
    return Section(
        _("Addresses"),
        columns=[_("Kind"), _("Address")],
        rows=[[place.get_kind_display(), str(place)] for place in places],
        empty=_("No address yet. The first one stands on purchase orders."),
    )


@search.register(permission=SUPPLIERS_READ)
def find_suppliers(actor: Actor, term: str) -> list[search.Hit]:
    """Suppliers by name or code."""
    found = Supplier.objects.filter(Q(name__icontains=term) | Q(code__istartswith=term)).order_by("name")[:6]
    return [
        search.Hit(title=row.name, description=row.code, url=supplier_url(row.pk), icon="local_shipping")
        for row in found
    ]


nav.register(section="Purchasing", label=_("Suppliers"), url="admin:purchasing_supplier_changelist",
             permission=SUPPLIERS_READ, icon="handshake", order=62)  # fmt: skip
