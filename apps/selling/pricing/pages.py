"""Pages beside the lists: why a price is what it is; taxes of a product and of a customer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.goods.catalog.models import Product, Variant
from apps.kernel import clock
from apps.kernel.errors import DomainError, NotFound
from apps.kernel.ids import new_id
from apps.kernel.money import round_money
from apps.kernel.web import form_error
from apps.people.customers.selectors import get_customer
from apps.platform.backoffice.columns import format_amount, format_moment, format_state
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.overtaken import guard, keep_seen
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.channels import Channel
from apps.platform.businesses.selectors import get_current_business

from . import policies, services
from .choosing import BASE, VOLUME, ResolvedPrice
from .forms import CustomerTaxForm, ExplainForm, TaxItemForm
from .models import CustomerTax, Level, TaxItem
from .resolving import Buyer, Want, resolve
from .sheets import find_item


@page(
    "pricing/explain/",
    name="pricing_explain",
    title=gettext_lazy("Explain a price"),
    permission=policies.READ,
)
def explain(request: HttpRequest) -> HttpResponse:
    """Every step of a price: what was looked at, and what won."""
    asked = request.GET if request.GET.get("item") else None
    data = {"quantity": "1", "channel": Channel.STOREFRONT.value, **asked.dict()} if asked else None
    form = ExplainForm(data=data)
    context: dict[str, Any] = {"form": form}
    if data is not None and form.is_valid():
        variant = find_item(form.cleaned_data["item"])
        if variant is None:
            form.add_error("item", _("No item has this SKU or barcode."))
        else:
            context |= _explained(variant, form.cleaned_data)
    return render_page(request, "pricing/explain.html", context)


def _explained(variant: Variant, asked: dict[str, Any]) -> dict[str, Any]:
    seller, customer = get_current_business(), asked["customer"]
    at = asked["at"] or clock.now()
    buyer = Buyer(customer_id=customer.pk) if customer else None
    quantity = asked["quantity"]
    (price,) = resolve(seller, [Want(1, variant, quantity)], channel=asked["channel"], buyer=buyer, at=at)
    total = round_money(price.unit_price * quantity, seller.currency)
    title = f"{variant.product.title} – {variant.title}" if variant.title else variant.product.title
    return {
        "title_of_item": title,
        "price": format_amount(price.unit_price),
        "was": format_amount(price.compare_at) if price.is_reduced else "",
        "total": format_amount(total - price.line_discount),
        "quantity": quantity,
        "less": format_amount(price.line_discount) if price.line_discount else "",
        "who": str(customer) if customer else _("a stranger"),
        "moment": format_moment(at),
        "section": _steps(price),
    }


def _steps(price: ResolvedPrice) -> Section:
    words = {
        **{level: Level(level).label for level in Level.values},
        BASE: _("Usual price"),
        VOLUME: _("Quantity"),
    }
    rows = []
    for step in price.steps:
        if step.level == VOLUME:
            outcome = format_state("won", _("Off the line"), "good") if step.won else ""
            rows.append([words[VOLUME], step.name, f"{(step.amount or 0):f}%", outcome])
            continue
        if step.won:
            outcome = format_state("won", _("Wins"), "good")
        else:
            outcome = _("Comes later") if step.amount is not None else _("No price here")
        rows.append([words[step.level], step.name, format_amount(step.amount), outcome])
    return Section(
        _("What was looked at"),
        columns=[_("Level"), _("List"), _("Each"), _("Outcome")],
        rows=rows,
        align={2: "end"},
    )


@page("pricing/tax/<uuid:product_id>/", name="pricing_tax_item", title=gettext_lazy("Tax class"),
      permission=policies.TAXES)  # fmt: skip
def tax_item(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """The tax class of a product and its HSN code."""
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise NotFound()
    known = TaxItem.objects.filter(product=product).first()
    initial = {"tax_class": known.tax_class, "hsn": known.hsn} if known else {}
    form = TaxItemForm(data=request.POST or None, initial=initial)
    back = reverse("admin:catalog_product_change", args=[product.pk])

    def act(key: str) -> Any:
        return services.save_tax_item(_actor(request), product_id=product.pk, **form.cleaned_data, key=key)

    return _run(request, form, act, _("Tax of “%(title)s”") % {"title": product.title}, back, product.title)


@page("pricing/customer/<uuid:customer_id>/", name="pricing_customer_tax", title=gettext_lazy("Taxes"),
      permission=policies.TAXES)  # fmt: skip
def customer_tax(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Tax number and certificate of a customer."""
    customer = get_customer(customer_id)
    known = CustomerTax.objects.filter(customer=customer).first()
    names = ("tax_number", "exempt", "certificate", "valid_from", "valid_to")
    initial = {name: getattr(known, name) for name in names} if known else {}
    form = CustomerTaxForm(data=request.POST or None, initial=initial)
    back = reverse("admin:customers_customer_change", args=[customer.pk])

    def act(key: str) -> Any:
        return services.save_customer_tax(
            _actor(request), customer_id=customer.pk, **form.cleaned_data, key=key
        )

    return _run(request, form, act, _("Taxes of %(name)s") % {"name": customer}, back, str(customer))


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]


def _run(
    request: HttpRequest, form: Any, act: Callable[[str], Any], heading: str, back: str, back_label: str
) -> HttpResponse:
    """Show the form, or do it once and go back; what was typed survives a refusal."""
    status = 200
    keep_seen(request, form)
    if request.method == "POST":
        status = 422
        if guard(request, form):
            status = 409
        elif form.is_valid():
            try:
                act(request.POST.get("idempotency_key") or new_id().hex)
            except DomainError as error:
                form_error(form, error)
            else:
                messages.success(request, _("Saved."))
                return HttpResponseRedirect(back)
    context = {
        "form": form, "heading": heading, "back_url": back, "back_label": back_label,
        "idempotency_key": new_id().hex,
    }  # fmt: skip
    return render_page(request, "pricing/form.html", context, status=status)
