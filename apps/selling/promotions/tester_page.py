"""The rule tester: which promotions apply to a basket, in which order, and why others do not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.money import ZERO, round_money
from apps.platform.backoffice.columns import format_amount, format_state
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import get_current_business
from apps.selling.pricing import resolving

from . import policies
from .applying import Applied, apply
from .forms import TesterForm
from .values import Basket, BasketLine, Buyer, Verdict
from .words import say_why_not


@page("promotions/try/", name="promotions_tester", title=_("Try promotions out"), permission=policies.READ)
def tester(request: HttpRequest) -> HttpResponse:
    """Reads and works out; writes and consumes nothing, so the address can be kept and sent on."""
    form = TesterForm(request.GET if "items" in request.GET else None)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        seller = get_current_business()
        given = form.cleaned_data
        lines = _lines(seller, given)
        applied = apply(
            seller,
            Basket(lines, given["shipping"] or ZERO),
            codes=given["codes"],
            buyer=Buyer(email=given["email"], is_vouched=True),
            channel=given["channel"],
            at=given["at"],
            country=given["country"],
            everything=True,
        )
        context |= _result(seller, lines, applied, given["shipping"] or ZERO)
    return render_page(request, "promotions/tester.html", context)


def _lines(seller: Business, given: dict[str, Any]) -> list[BasketLine]:
    """The basket at what this customer pays on this channel at this moment, as a cart has it."""
    wants = [resolving.Want(variant.pk, variant, count) for variant, count in given["items"]]
    payer = resolving.Buyer(email=given["email"])
    at = given["at"] or clock.now()
    prices = resolving.resolve(seller, wants, channel=given["channel"], buyer=payer, at=at)
    return [
        BasketLine(
            want.line_id,
            want.variant,
            want.quantity,
            price.unit_price,
            round_money(price.unit_price * want.quantity, seller.currency) - price.line_discount,
        )
        for want, price in zip(wants, prices, strict=True)
    ]


def _result(seller: Business, lines: list[BasketLine], applied: Applied, shipping: Decimal) -> dict[str, Any]:
    off = applied.line_discounts
    subtotal = sum((line.amount for line in lines), ZERO)
    charge = shipping - applied.shipping_discount
    return {
        "warnings": applied.warnings,
        "known": applied.buyer,
        "verdicts": Section(
            _("In this order"),
            columns=[_("Promotion"), _("What came of it"), _("Takes off")],
            rows=[_row(verdict, seller, lines) for verdict in applied.verdicts],
            align={2: "end"},
            empty=_("There are no promotions yet."),
        ),
        "basket": Section(
            _("Basket"),
            columns=[_("Item"), _("Pieces"), _("Price"), _("Takes off"), _("To pay")],
            rows=[
                _basket_row(line, off.get(line.line_id, ZERO))
                for line in lines
            ],
            align={1: "end", 2: "end", 3: "end", 4: "end"},
            footer=[
                [_("Delivery"), "", "", format_amount(applied.shipping_discount), format_amount(charge)],
                [
                    _("Together"), "", "", format_amount(applied.goods_discount + applied.shipping_discount),
                    format_amount(subtotal - applied.goods_discount + charge),
                ],
            ],
        ),
    }  # fmt: skip


def _basket_row(line: BasketLine, off: Decimal) -> list[Any]:
    return [
        f"{line.variant.product.title} · {line.variant.sku}",
        line.quantity,
        format_amount(line.unit_price),
        format_amount(off),
        format_amount(line.amount - off),
    ]


def _of_what(verdict: Verdict, lines: list[BasketLine]) -> str:
    """Which of the basket it takes from, and that it is one version of a test."""
    names = [line.variant.product.title for line in lines if line.line_id in verdict.shares]
    said = _now("on %(names)s") % {"names": ", ".join(dict.fromkeys(names))} if names else ""
    if verdict.rule.test:
        said = f"{said} · " + _now("a version in the test “%(test)s”") % {"test": verdict.rule.test}
    return said


def _row(verdict: Verdict, seller: Business, lines: list[BasketLine]) -> list[Any]:
    rule = verdict.rule
    url = reverse("admin:promotions_promotion_change", args=[rule.promotion_id])
    name = f"{rule.name} ({rule.code})" if rule.code else rule.name
    link = format_html('<a href="{}">{}</a>', url, name)
    if verdict.applies:
        what = format_html(
            '{} <span class="mdk-soft">{}</span>',
            format_state("active", _now("Applies")),
            _of_what(verdict, lines),
        )
        return [link, what, format_amount(verdict.amount)]
    said = say_why_not(verdict, seller)
    return [link, format_html('<span class="mdk-soft">{}</span>', said[:1].upper() + said[1:]), ""]
