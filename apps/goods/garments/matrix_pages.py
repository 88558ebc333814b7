"""The matrix in the back office: make variants, set stock, order and receive by size and colour.

Plain forms; a script adds arrow keys and live sums. Each page calls the one service of who keeps what is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.goods.catalog.models import Product, Variant
from apps.goods.garments import services
from apps.goods.garments.forms import GarmentForm
from apps.goods.garments.grid import Grid, in_order, read_grids
from apps.goods.garments.matrix_forms import OrderGridForm, ReceiveGridForm, StockGridForm, VariantsForm
from apps.goods.garments.models import Colour, Garment
from apps.goods.inventory.lines import AdjustLine
from apps.goods.inventory.models import StockBalance
from apps.goods.inventory.page_parts import product_url
from apps.goods.inventory.services import adjust_stock
from apps.goods.purchasing.drafts import ArrivalDraft, LineDraft, OrderDraft
from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder, SupplierItem
from apps.goods.purchasing.order_verbs import order_url
from apps.goods.purchasing.receipt_verbs import receipt_url
from apps.goods.purchasing.services import draft_order, receive_goods
from apps.goods.purchasing.states import RECEIVABLE
from apps.kernel.errors import DomainError, InvalidInput, NotFound, WrongState
from apps.kernel.ids import new_id
from apps.kernel.web import form_error
from apps.platform.backoffice.pages import page, render_page

MOST_COLOURS = 40


@page(
    "garments/begin/<uuid:product_id>/",
    name="garments_begin",
    title=gettext_lazy("Garment"),
    permission="products.change",
)
def begin(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Make a product a garment."""
    product = _product(product_id)
    form = GarmentForm(data=request.POST or None)

    def act(key: str) -> HttpResponse:
        garment = services.describe_garment(_actor(request), product_id=product.pk, **form.cleaned_data)
        messages.success(request, _("“%(title)s” is a garment now.") % {"title": product.title})
        return HttpResponseRedirect(reverse("admin:garments_garment_change", args=[garment.pk]))

    context = {
        "heading": _("Make “%(title)s” a garment") % {"title": product.title},
        "submit_label": _("Save garment"),
    }
    return _run(
        request, form, act, lambda: {"heads": list(form)}, context, product_url(product.pk), product.title
    )


@page(
    "garments/variants/<uuid:product_id>/",
    name="garments_variants",
    title=gettext_lazy("Matrix"),
    permission="products.change",
)
def variants(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Tick what is missing of sizes × colours."""
    grid = _grid(product_id)
    garment = Garment.objects.filter(product=product_id).select_related("scale").first()
    scale = garment.scale.sizes if garment and garment.scale else []
    sizes = in_order(_more(grid.sizes, scale), scale)
    colours = grid.colours
    if grid.axes.colour is not None:
        library = Colour.objects.order_by("name", "id").values_list("name", flat=True)[:MOST_COLOURS]
        colours = _more(grid.colours, list(library))
    form = VariantsForm(grid, sizes, colours, data=request.POST or None)

    def act(key: str) -> HttpResponse:
        made = services.add_variants(
            _actor(request), product_id=product_id, wanted=form.wanted(), price=form.cleaned_data["price"],
            cost=form.cleaned_data["cost"], key=key,
        )  # fmt: skip
        said = ngettext("%(count)s variant was made.", "%(count)s variants were made.", len(made))
        messages.success(request, said % {"count": len(made)})
        return HttpResponseRedirect(product_url(product_id))

    context = {
        "heading": _("Variants of “%(title)s”") % {"title": grid.product.title},
        "explain": _("Tick the sizes and colours to make. What is there already has a mark."),
        "submit_label": _("Make variants"),
    }
    return _run(
        request,
        form,
        act,
        lambda: {"heads": form.heads(), "tables": form.tables()},
        context,
        product_url(product_id),
        grid.product.title,
    )


@page(
    "garments/stock/<uuid:product_id>/",
    name="garments_stock",
    title=gettext_lazy("Matrix"),
    permission="stock.adjust",
)
def stock(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Set or change how many lie at a location."""
    actor = _actor(request)
    actor.require("stock.read")
    grid = _grid(product_id)
    # The address names the place to look at; a form that is sent names the place it changes.
    chosen = request.POST.get("location_id") or request.GET.get("location", "")
    form = StockGridForm(
        actor, [grid], data=request.POST or None, initial={"location_id": chosen} if chosen else None
    )
    place = chosen or str(form.fields["location_id"].initial or "")
    known = {str(value): str(label) for value, label in form.fields["location_id"].choices}  # type: ignore[attr-defined]
    now = _on_hand(grid, UUID(place)) if place in known else {}

    def act(key: str) -> HttpResponse:
        data, is_delta = form.cleaned_data, form.cleaned_data["mode"] == "delta"
        lines = [
            AdjustLine(pk, delta=number) if is_delta else AdjustLine(pk, counted=number)
            for pk, number in form.numbers().items()
        ]
        moved = adjust_stock(
            actor, location_id=data["location_id"], lines=lines, reason_code=data["reason_code"], note=data["note"],
            key=key,
        )  # fmt: skip
        said = ngettext("%(count)s size was changed.", "%(count)s sizes were changed.", len(moved))
        messages.success(request, said % {"count": len(moved)})
        return HttpResponseRedirect(f"{request.path}?location={data['location_id']}")

    context = {
        "heading": _("Stock of “%(title)s”") % {"title": grid.product.title},
        "explain": _("The small number is what lies at %(place)s now. What you leave empty stays.")
        % {"place": known.get(place, _("the location"))},
        "submit_label": _("Change stock"),
        "places": [(value, label, value == place) for value, label in known.items()]
        if len(known) > 1
        else [],
        "sums": "stock",
    }
    return _run(
        request,
        form,
        act,
        lambda: {
            "heads": form.heads(),
            "tables": form.tables(now, _("now")),
        },
        context,
        product_url(product_id),
        grid.product.title,
    )


@page(
    "garments/order/<uuid:product_id>/",
    name="garments_order",
    title=gettext_lazy("Matrix"),
    permission="purchasing.write",
)
def order(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Quantities by size and colour into a draft purchase order."""
    actor = _actor(request)
    grid = _grid(product_id)
    form = OrderGridForm(actor, [grid], data=request.POST or None)

    def act(key: str) -> HttpResponse:
        data = form.cleaned_data
        wanted = {pk: number for pk, number in form.numbers().items() if number}
        if not wanted:
            raise InvalidInput(_("Enter how many of at least one size."))
        lines = [
            LineDraft(variant_id=pk, quantity=number, unit_cost=cost)
            for (pk, number), cost in zip(wanted.items(), _costs(data, wanted), strict=True)
        ]
        draft = OrderDraft(
            lines=lines, location_id=data["location_id"], expected_on=data["expected_on"], rate=data["rate"]
        )
        made = draft_order(actor, supplier_id=data["supplier_id"], draft=draft, key=key)
        messages.success(request, _("%(number)s was drafted.") % {"number": made.number})
        return HttpResponseRedirect(order_url(made.pk))

    context = {
        "heading": _("Order “%(title)s”") % {"title": grid.product.title},
        "explain": _(
            "The small number is what lies at all places. The order becomes a draft; nothing is sent yet."
        ),
        "submit_label": _("Write draft order"),
        "sums": "typed",
    }
    now = _on_hand(grid, None) if actor.may("stock.read") else {}
    return _run(
        request,
        form,
        act,
        lambda: {
            "heads": form.heads(),
            "tables": form.tables(now, _("there")),
        },
        context,
        product_url(product_id),
        grid.product.title,
    )


def _costs(data: dict[str, Any], wanted: dict[UUID, int]) -> list[Any]:
    """The cost that was typed where the supplier has none of its own; None lets the supplier's count."""
    known = set(
        SupplierItem.objects.filter(supplier=data["supplier_id"], variant__in=list(wanted)).values_list(
            "variant_id", flat=True
        )
    )
    return [None if data["unit_cost"] is None and pk in known else data["unit_cost"] for pk in wanted]


@page(
    "garments/receive/<uuid:purchase_id>/",
    name="garments_receive",
    title=gettext_lazy("Matrix"),
    permission="stock.receive",
)
def receive(request: HttpRequest, purchase_id: UUID) -> HttpResponse:
    """What came of a purchase order, by size and colour; lines without a grid are received on the order's own page."""
    actor = _actor(request)
    actor.require("purchasing.read")
    bought = PurchaseOrder.objects.filter(pk=purchase_id).first()
    if bought is None:
        raise NotFound()
    if bought.state not in RECEIVABLE:
        raise WrongState(_("Nothing is expected of this order now."))
    lines = {line.variant_id: line for line in PurchaseLine.objects.filter(order=bought)}
    products = Variant.objects.filter(pk__in=list(lines)).values_list("product_id", flat=True).distinct()
    grids = [_only(grid, set(lines)) for grid in read_grids(products).values()]
    if not grids:
        raise WrongState(
            _("Nothing on this order has sizes."), remedy=_("Receive it on the order's own page.")
        )
    form = ReceiveGridForm(actor, grids, bought.location_id, data=request.POST or None)

    def act(key: str) -> HttpResponse:
        arrivals = [
            ArrivalDraft(line_id=lines[pk].pk, accepted=number)
            for pk, number in form.numbers().items()
            if number
        ]
        if not arrivals:
            raise InvalidInput(_("Enter how many of at least one size."))
        receipt = receive_goods(
            actor, order_id=bought.pk, lines=arrivals, location_id=form.cleaned_data["location_id"],
            delivery_note=form.cleaned_data["delivery_note"], key=key,
        )  # fmt: skip
        messages.success(request, _("%(receipt)s was received.") % {"receipt": receipt.number})
        return HttpResponseRedirect(receipt_url(receipt.pk))

    context = {
        "heading": _("Receive %(number)s") % {"number": bought.number},
        "explain": _(
            "The small number is what is still expected. Broken pieces and freight: on the order's own page."
        ),
        "submit_label": _("Receive"),
        "sums": "typed",
    }
    expected = {pk: line.open_quantity for pk, line in lines.items()}
    return _run(
        request,
        form,
        act,
        lambda: {
            "heads": form.heads(),
            "tables": form.tables(expected, _("expected")),
        },
        context,
        order_url(bought.pk),
        bought.number,
    )


def _run(
    request: HttpRequest,
    form: Any,
    act: Callable[[str], HttpResponse],
    shown: Callable[[], dict[str, Any]],
    context: dict[str, Any],
    back_url: str,
    back_label: str,
) -> HttpResponse:
    """Show the form, or do what it says; a refusal keeps what was typed, a repeated key does nothing twice."""
    key = request.POST.get("idempotency_key", "")[:200] or str(new_id())
    status = 200
    if request.method == "POST":
        status = 400
        # An empty form is bound too: what it lacks is said.
        form.is_bound, form.data = True, request.POST
        if form.is_valid():
            try:
                return act(key)
            except DomainError as error:
                form_error(form, error)
                status = error.status
    full = {
        **context,
        **shown(),
        "form": form,
        "idempotency_key": key,
        "back_url": back_url,
        "back_label": back_label,
    }
    return render_page(request, "garments/matrix.html", full, status=status)


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]


def _product(product_id: UUID) -> Product:
    product = Product.objects.filter(pk=product_id).defer("search", "search_text").first()
    if product is None:
        raise NotFound()
    return product


def _grid(product_id: UUID) -> Grid:
    grid = read_grids([_product(product_id).pk]).get(product_id)
    if grid is None:
        raise WrongState(
            _("A matrix needs a product whose options are size, or size and colour."),
            remedy=_("Name its options Size and Colour."),
        )
    return grid


def _only(grid: Grid, wanted: set[UUID]) -> Grid:
    """The grid with those variants alone, and the sizes and colours they have."""
    kept = {place: variant for place, variant in grid.variants.items() if variant.pk in wanted}
    sizes = [size for size in grid.sizes if any(place[0] == size for place in kept)]
    colours = [colour for colour in grid.colours if any(place[1] == colour for place in kept)]
    return Grid(grid.product, grid.axes, sizes, colours, kept)


def _on_hand(grid: Grid, location_id: UUID | None) -> dict[UUID, int]:
    balances = StockBalance.objects.filter(variant__in=[variant.pk for variant in grid.variants.values()])
    if location_id is not None:
        balances = balances.filter(location=location_id)
    found: dict[UUID, int] = {}
    for variant_id, on_hand in balances.values_list("variant_id", "on_hand"):
        found[variant_id] = found.get(variant_id, 0) + on_hand
    return found


def _more(own: list[str], others: list[str]) -> list[str]:
    """The own ones, then those of the others that are not among them in any capitals."""
    known = {one.casefold() for one in own}
    return [*own, *(other for other in others if other.casefold() not in known)]
