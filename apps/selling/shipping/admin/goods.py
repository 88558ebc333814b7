"""Delivery and customs: how a product or a variant is sent, many at once, and the paper that goes with a parcel."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries as all_countries

from apps.goods.catalog.models import Product, Variant
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, NotFound
from apps.kernel.ids import new_id
from apps.kernel.web import form_error
from apps.platform.backoffice import nav
from apps.platform.backoffice.detail import Section, tells_of
from apps.platform.backoffice.overtaken import guard, keep_seen
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.reports import Table, as_csv
from apps.selling.shipping import policies
from apps.selling.shipping.customs_paper import draw_paper
from apps.selling.shipping.goods import COLUMNS, BadRow, list_classes, list_told, read_goods
from apps.selling.shipping.models import ShippingItem
from apps.selling.shipping.services import GoodsDraft, describe_goods
from apps.selling.shipping.services.goods import MOST_AT_ONCE

MOST_SHOWN = 200
_BY_PRODUCT, _BY_VARIANT = "admin:shipping_goods_of_product", "admin:shipping_goods_of_variant"


class GoodsForm(forms.Form):
    """What is said of one thing."""

    shipping_class = forms.CharField(
        label=gettext_lazy("Shipping class"),
        max_length=40,
        required=False,
        help_text=gettext_lazy(
            "Your own word, such as Bulky; what it costs more stands on the delivery rates."
        ),
    )
    hs_code = forms.CharField(
        label=gettext_lazy("HS code"),
        max_length=15,
        required=False,
        help_text=gettext_lazy("Six to ten digits of the customs tariff."),
    )
    origin = forms.ChoiceField(label=gettext_lazy("Country of origin"), required=False)
    customs_text = forms.CharField(
        label=gettext_lazy("Description for customs"),
        max_length=70,
        required=False,
        help_text=gettext_lazy("In English, plain: “cotton T-shirt”. Left empty, the product's title."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["origin"].choices = [("", _("Not entered")), *all_countries]  # type: ignore[attr-defined]
        known = list_classes()
        if known:
            words = _("In use: %(names)s.") % {"names": ", ".join(known[:20])}
            self.fields["shipping_class"].help_text = format_html(
                "{} {}", self.fields["shipping_class"].help_text, words
            )


class ManyForm(forms.Form):
    """Rows as they are copied out of a table."""

    rows = forms.CharField(
        label=gettext_lazy("Goods, a line each"),
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "SKU, HS code, country of origin (two letters), shipping class, description; by tabs, commas or semicolons."
        ),
    )

    def clean_rows(self) -> list[dict[str, str]]:
        text = self.cleaned_data["rows"]
        lines = [line for line in text.replace("\x00", "").splitlines() if line.strip()]
        if len(lines) > MOST_AT_ONCE:
            raise forms.ValidationError(_("At most %(most)s rows at once.") % {"most": MOST_AT_ONCE})
        delimiter = max("\t;,", key=lines[0].count) if lines else ","
        found = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
        if found and found[0][0].strip().lower() == "sku":
            found = found[1:]
        return [dict(zip(COLUMNS, row, strict=False)) for row in found]


@page(
    "shipping/goods/products/<uuid:product_id>/",
    name="shipping_goods_of_product",
    title=gettext_lazy("Delivery and customs"),
    permission=policies.MANAGE,
)
def of_product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """What is said of a product: it counts for its variants unless they say otherwise."""
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise NotFound()
    known = ShippingItem.objects.filter(product=product).first()
    back = reverse("admin:catalog_product_change", args=[product.pk])
    return _describe(request, known, {"product_id": product.pk}, product.title, back)


@page(
    "shipping/goods/variants/<uuid:variant_id>/",
    name="shipping_goods_of_variant",
    title=gettext_lazy("Delivery and customs"),
    permission=policies.MANAGE,
)
def of_variant(request: HttpRequest, variant_id: UUID) -> HttpResponse:
    """What is said of one variant; empty parts are as its product has them."""
    variant = Variant.objects.select_related("product").filter(pk=variant_id).first()
    if variant is None:
        raise NotFound()
    known = ShippingItem.objects.filter(variant=variant).first()
    name = " – ".join(filter(None, (variant.product.title, variant.title)))
    back = reverse("admin:catalog_variant_change", args=[variant.pk])
    return _describe(request, known, {"variant_id": variant.pk}, name, back)


def _describe(
    request: HttpRequest, known: ShippingItem | None, target: dict[str, Any], name: str, back: str
) -> HttpResponse:
    names = ("shipping_class", "hs_code", "origin", "customs_text")
    initial = {one: getattr(known, one) for one in names} if known else {}
    form = GoodsForm(request.POST or None, initial=initial)
    status = 200
    keep_seen(request, form)
    if request.method == "POST":
        status = 422
        if guard(request, form):
            status = 409
        elif form.is_valid():
            draft = GoodsDraft(**(target | form.cleaned_data))
            try:
                describe_goods(
                    _actor(request), drafts=[draft], key=request.POST.get("idempotency_key") or None
                )
            except DomainError as error:
                form_error(form, error)
            else:
                messages.success(request, _("Saved."))
                return HttpResponseRedirect(back)
    return _form_page(
        request, form, _("Delivery and customs of “%(name)s”") % {"name": name}, back, name, status
    )


@page(
    "shipping/goods/",
    name="shipping_goods",
    title=gettext_lazy("Goods for carriers and customs"),
    permission=policies.MANAGE,
)
def many(request: HttpRequest) -> HttpResponse:
    """All that is said of goods; many are entered at once, and taken along as CSV."""
    if "csv" in request.GET:
        return as_csv("goods-for-customs", Table(COLUMNS, _rows(list_told())))
    form = ManyForm(request.POST or None)
    status = 200
    bad: list[BadRow] = []
    if request.method == "POST":
        status = 422
        if form.is_valid():
            drafts, bad = read_goods(form.cleaned_data["rows"])
            try:
                if drafts:
                    describe_goods(
                        _actor(request), drafts=drafts, key=request.POST.get("idempotency_key") or None
                    )
            except DomainError as error:
                form_error(form, error)
            else:
                messages.success(request, _("%(count)s items were saved.") % {"count": len(drafts)})
                if not bad:
                    return HttpResponseRedirect(reverse("admin:shipping_goods"))
    context = {
        "form": form,
        "bad": bad,
        "section": _known_goods(),
        "idempotency_key": new_id().hex,
    }
    return render_page(request, "shipping/goods.html", context, status=status)


def _known_goods() -> Section:
    found = list(list_told()[: MOST_SHOWN + 1])
    more = _("Only the first %(most)s are shown; the file has all of them.") % {"most": MOST_SHOWN}
    return Section(
        _("What is entered"),
        columns=[
            _("Item"), _("HS code"), _("Country of origin"), _("Shipping class"), _("Description for customs"),
        ],
        rows=_rows(found[:MOST_SHOWN]),
        empty=_("Nothing is entered yet."),
        html=format_html("<p>{}</p>", more) if len(found) > MOST_SHOWN else "",
    )  # fmt: skip


def _rows(variants: Iterable[Any]) -> list[list[Any]]:
    """As they can be pasted again: the SKU first."""
    return [
        [one.sku or str(one), *(getattr(one, f"told_{name}") or "" for name in COLUMNS[1:])]
        for one in variants
    ]


@page(
    "shipping/parcels/<uuid:fulfilment_id>/customs.pdf",
    name="shipping_customs",
    title=gettext_lazy("Customs paper"),
    permission=policies.PACK,
)
def customs_paper(request: HttpRequest, fulfilment_id: UUID) -> HttpResponse:
    """The paper that goes with a parcel across a border; what nobody entered is left to be written by hand."""
    paper = draw_paper(_actor(request), fulfilment_id=fulfilment_id)
    if paper is None:
        raise Http404
    response = HttpResponse(paper, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="customs.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@tells_of(Product)
def delivery_of_product(actor: Actor, product: Product) -> list[Section]:
    """On a product's page: how it is sent."""
    return _section(actor, ShippingItem.objects.filter(product=product), reverse(_BY_PRODUCT, args=[product.pk]),
                    _("Nothing is entered."))  # fmt: skip


@tells_of(Variant)
def delivery_of_variant(actor: Actor, variant: Variant) -> list[Section]:
    """On a variant's page: how it is sent, where it differs from its product."""
    return _section(actor, ShippingItem.objects.filter(variant=variant), reverse(_BY_VARIANT, args=[variant.pk]),
                    _("As its product."))  # fmt: skip


def _section(actor: Actor, found: Any, url: str, nothing: str) -> list[Section]:
    if not actor.may(policies.READ):
        return []
    words = str(found.first() or "") or nothing
    button = ""
    if actor.may(policies.MANAGE):
        button = format_html(' <a class="mdk-button" href="{}">{}</a>', url, _("Change"))
    return [Section(_("Delivery and customs"), html=format_html("<p>{}{}</p>", words, button))]


def _form_page(
    request: HttpRequest, form: GoodsForm, heading: str, back: str, label: str, status: int
) -> HttpResponse:
    context = {
        "form": form, "heading": heading, "back_url": back, "back_label": label, "idempotency_key": new_id().hex,
    }  # fmt: skip
    return render_page(request, "pricing/form.html", context, status=status)


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


nav.register(
    section="Settings",
    label=gettext_lazy("Goods for carriers and customs"),
    url="admin:shipping_goods",
    under="admin:business_settings",
    permission=policies.MANAGE,
    icon="travel_luggage_and_bags",
    order=47,
)
