"""Lots and serial numbers in the back office: what expires, what is blocked, and whom a lot reached."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lot_verbs import BlockLot, ChangeLot, CountLot, OpenLot, RecallLot
from apps.goods.inventory.models import Lot, LotBalance, StockMovement
from apps.goods.inventory.page_parts import full_name, steps, variant_url
from apps.goods.inventory.selectors import tracking_of
from apps.goods.inventory.services.piles import local_today
from apps.goods.inventory.tracing import Traced, trace_lot
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav, search
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_moment,
    format_state,
    link_column,
    number_column,
    state_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section, Step, tells_of
from apps.platform.backoffice.pages import page
from apps.platform.backoffice.reports import Table, as_csv
from apps.platform.backoffice.tabs import Tab
from apps.platform.fields.carrying import CarriesFields
from apps.platform.media.panel import CarriesFiles

SOON = (30, 60, 90)


def lot_url(lot_id: Any) -> str:
    """The lot's page."""
    return reverse("admin:inventory_lot_change", args=[lot_id])


def expiry_words(lot: Lot) -> Any:
    """The last day of the lot, and how far off it is."""
    last = lot.expires_on or lot.best_before
    if last is None:
        return "–"
    left = (last - local_today()).days
    if left < 0:
        return format_state("expired", _now("%(day)s, over") % {"day": formats.date_format(last)}, "bad")
    tone = "warn" if left <= SOON[0] else ""
    words = _now("%(day)s, %(left)s days") % {"day": formats.date_format(last), "left": left}
    return format_state("soon", words, tone) if tone else words


expiry_words.short_description = _("Last day")  # type: ignore[attr-defined]


@register(Lot)
class LotAdmin(CarriesFiles, CarriesFields, TenantModelAdmin):
    """What expires first, by how soon; a page with everything that happened to one lot."""

    read_permission = "stock.read"
    attach_permission = "stock.receive"
    list_display = [
        "code",
        link_column(
            lambda row: full_name(row.variant), lambda row: variant_url(row.variant_id), description=_("Item")
        ),
        state_column("state", description=_("State")),
        expiry_words,
        number_column("lying", description=_("On hand")),
        text_column("supplier", description=_("Supplier")),
    ]
    list_select_related = ["variant__product"]
    search_fields = ["code__istartswith"]
    search_help_text = _("Lot or serial number")
    ordering = ["-id"]
    verbs = [CountLot, BlockLot, RecallLot, OpenLot, ChangeLot]
    empty_title = _("No lots here")
    empty_text = _(
        "Lots and serial numbers appear with the first delivery of an item that is told apart. "
        "Switch it on at the item: Lots and serial numbers."
    )

    def get_tabs(self, request: HttpRequest) -> list[Tab]:
        today = local_today()
        lying = Q(lying__gt=0)
        soon = [
            Tab(
                f"soon{days}",
                _now("%(days)s days") % {"days": days},
                lying & Q(expires_on__lte=today + dt.timedelta(days=days)),
                ("expires_on", "pk"),
            )
            for days in SOON
        ]
        return [
            Tab("lots", _("Lots"), Q(is_serial=False)),
            *soon,
            Tab("serials", _("Serial numbers"), Q(is_serial=True)),
            Tab("held", _("Blocked"), ~Q(state=Lot.State.OPEN)),
            Tab("all", _("All")),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lot]:
        return with_pieces(super().get_queryset(request))

    def list_title(self) -> str:
        return _now("Lots and serial numbers")

    def title(self, obj: Lot) -> str:
        return f"{obj.code} · {full_name(obj.variant)}"

    def facts(self, actor: Actor, obj: Lot) -> list[Fact]:
        return [
            Fact(_("Item"), full_name(obj.variant), url=variant_url(obj.variant_id)),
            Fact(_("State"), format_state(obj.state, obj.get_state_display(), TONES[obj.state])),
            Fact(_("Why"), obj.state_reason),
            Fact(_("Expires on"), obj.expires_on or ""),
            Fact(_("Best before"), obj.best_before or ""),
            Fact(_("Received on"), obj.received_on),
            Fact(_("Supplier"), obj.supplier),
            Fact(_("Note"), obj.note),
        ]

    def sections(self, actor: Actor, obj: Lot) -> list[Section]:
        trace = trace_lot(actor, obj)
        lying = Section(
            _("Where it lies"),
            columns=[_("Location"), _("On hand"), _("Withheld")],
            rows=[[row.location.name, row.on_hand, row.withheld] for row in trace.lying],
            align={1: "end", 2: "end"},
            empty=_("Nothing of it is here any more."),
        )
        buyers = Section(
            _("Whom it reached"),
            columns=[_("Paper"), _("Who"), _("E-mail"), _("Phone"), _("When"), _("Went"), _("Came back")],
            rows=[
                [
                    _paper(one), one.paper.name, one.paper.email, one.paper.phone, format_moment(one.at),
                    one.went, one.came,
                ]
                for one in trace.buyers
            ],
            align={5: "end", 6: "end"},
            empty=_("No piece of it has left."),
            url=reverse("admin:stock_lot_customers", args=[obj.pk]) if trace.buyers else "",
        )  # fmt: skip
        return [
            lying,
            buyers,
            _moved(_("Where it came from"), trace.receipts, _("Came")),
            _moved(_("Transfers"), trace.transfers, _("Moved")),
            _moved(_("Anything else"), trace.others, _("By")),
        ]

    def timeline(self, actor: Actor, obj: Lot) -> list[Step]:
        moved = StockMovement.objects.filter(lot=obj).select_related("variant", "location").order_by("-id")
        return steps(moved, with_variant=False)


TONES: dict[str, str] = {Lot.State.OPEN: "good", Lot.State.BLOCKED: "warn", Lot.State.RECALLED: "bad"}


def with_pieces(lots: QuerySet[Lot]) -> Any:
    """Lots with `lying`: the pieces of them at the places that may be seen."""
    # A join would go past the member's limits; the manager of the balances keeps them.
    there = LotBalance.objects.filter(lot=OuterRef("pk")).order_by().values("lot")
    return lots.annotate(lying=Coalesce(Subquery(there.annotate(n=Sum("on_hand")).values("n")), Value(0)))


def _paper(one: Traced) -> Any:
    if not one.paper.url:
        return one.paper.label
    return format_html('<a href="{}">{}</a>', one.paper.url, one.paper.label)


def _moved(title: Any, found: list[Traced], heading: Any) -> Section:
    return Section(
        title,
        columns=[_("Paper"), _("Who"), _("When"), heading],
        rows=[[_paper(one), one.paper.name, format_moment(one.at), one.came or -one.went] for one in found],
        align={3: "end"},
        empty=_("Nothing."),
    )


@page("stock/lots/<uuid:lot_id>/customers/", name="stock_lot_customers", title=_("Customers of a lot"),
      permission="stock.lots")  # fmt: skip
def export_customers(request: HttpRequest, lot_id: UUID) -> HttpResponse:
    """Whom a lot reached, with what is needed to reach them, as a file."""
    lot = Lot.objects.select_related("variant__product").filter(pk=lot_id).first()
    if lot is None:
        raise Http404
    trace = trace_lot(request.actor, lot)  # type: ignore[attr-defined]
    columns = [
        _now("Paper"), _now("Name"), _now("E-mail"), _now("Phone"), _now("When"), _now("Went"), _now("Came back"),
        _now("Still out"),
    ]  # fmt: skip
    rows = [
        [
            one.paper.label, one.paper.name, one.paper.email, one.paper.phone, one.at.date().isoformat(), one.went,
            one.came, one.still_out,
        ]
        for one in trace.buyers
    ]  # fmt: skip
    return as_csv(f"lot-{lot.pk}", Table(columns, rows))


@tells_of(Variant)
def lots_section(actor: Actor, variant: Variant) -> list[Section]:
    """The lots of a variant that is told apart; nothing for the others."""
    if not actor.may("stock.read") or not tracking_of([variant.pk]):
        return []
    rows = (
        LotBalance.objects.filter(variant=variant, on_hand__gt=0)
        .select_related("lot", "location")
        .order_by(F("lot__expires_on").asc(nulls_last=True), "lot_id", "location__name")[:50]
    )
    return [
        Section(
            _("Lots and serial numbers"),
            columns=[_("Lot"), _("Location"), _("Last day"), _("State"), _("On hand"), _("Withheld")],
            rows=[
                [
                    format_html('<a href="{}">{}</a>', lot_url(row.lot_id), row.lot.code),
                    row.location.name,
                    expiry_words(row.lot),
                    format_state(row.lot.state, row.lot.get_state_display(), TONES[row.lot.state]),
                    row.on_hand,
                    row.withheld,
                ]
                for row in rows
            ],
            align={4: "end", 5: "end"},
            empty=_("No lot lies anywhere."),
        )
    ]


@search.register(permission="stock.read")
def find_lots(actor: Actor, term: str) -> list[search.Hit]:
    """Lots and serial numbers that begin like this."""
    if len(term.strip()) < 2:
        return []
    rows = Lot.objects.filter(code__startswith=term.strip().upper()).select_related("variant__product")
    return [
        search.Hit(
            title=row.code, description=full_name(row.variant), url=lot_url(row.pk), icon="deployed_code"
        )
        for row in rows[:6]
    ]


nav.register(
    section="Stock",
    label=_("Lots"),
    url="admin:inventory_lot_changelist",
    under="admin:inventory_stockbalance_changelist",
    permission="stock.read",
    icon="deployed_code",
    order=32,
)
