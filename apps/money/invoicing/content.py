"""What stands on a paper: a plain dictionary made once, at issue, from the order and the business.

Amounts are strings at the minor unit, dates ISO, words as they were. Templates read nothing else, so a paper
says the same for ever, whatever becomes of the business, the product or the customer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import get_language_info

from apps.goods.catalog.sold import Sold
from apps.kernel.money import allocate, round_money
from apps.people.customers.addresses import postal_lines
from apps.platform.businesses.models import Business
from apps.platform.fields.selectors import paper_facts
from apps.selling.orders.discounts import names_of_line
from apps.selling.orders.models import (
    Fulfilment,
    Order,
    OrderLine,
    OrderPayment,
    OrderRefund,
    OrderRefundLine,
)
from apps.selling.orders.pages import order_url
from apps.selling.orders.sold import sold_line
from apps.selling.orders.tenders import CREDIT, paid_by, way_words, ways_back
from apps.selling.payments.selectors import bank_details

VERSION = 1
ZERO = Decimal(0)
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """One line of a paper before it becomes text."""

    title: str
    detail: str
    quantity: int
    unit_price: Decimal | None
    discount: Decimal
    rate: Decimal | None
    net: Decimal
    tax: Decimal
    # The taxes it is made of, with name and rate; empty: one of the business's usual name.
    parts: Sequence[dict[str, str]] = ()
    # The promotions that the discount is due to.
    why: str = ""
    # As the buyer reads it: what is sold by measure in the unit in which it is shown.
    sold: Sold | None = None


def receipt_content(business: Business, order: Order, payment: OrderPayment) -> Content:
    """A receipt: what was ordered, and that money came in for it."""
    lines = order.lines.select_related("variant").order_by("position")
    positions = [
        Position(
            line.product_title,
            _detail(line),
            line.quantity,
            line.unit_price,
            line.discount,
            line.tax_rate,
            line.net,
            line.tax,
            line.tax_parts,
            names_of_line(order, line.pk),
            sold_line(line, order.currency),
        )
        for line in lines
    ]
    content = _frame(business, order, positions, _delivery(order, order.shipping_net, order.shipping_tax))
    content["payment"] = {
        "amount": _text(payment.amount, order.currency),
        "provider": payment.provider,
        "by": paid_by(payment.tender, payment.provider) if payment.tender in CREDIT else "",
        "received_on": _day(payment.received_at, business).isoformat(),
        "missing": _text(order.outstanding, order.currency),
    }
    return content


def invoice_content(business: Business, order: Order, fulfilment: Fulfilment) -> Content:
    """An invoice: what left in one parcel, with the amounts that became revenue by it."""
    lines = fulfilment.lines.select_related("order_line__variant").order_by("order_line__position")
    positions = [
        Position(
            line.order_line.product_title,
            _detail(line.order_line),
            line.quantity,
            line.order_line.unit_price,
            _share(line.order_line.discount, line.quantity, line.order_line.quantity, order.currency),
            line.order_line.tax_rate,
            line.net,
            line.tax,
            line.order_line.tax_parts,
            names_of_line(order, line.order_line_id),
            sold_line(line.order_line, order.currency, line.quantity),
        )
        for line in lines
    ]
    delivery_tax = fulfilment.tax - sum((position.tax for position in positions), ZERO)
    content = _frame(business, order, positions, _delivery(order, fulfilment.shipping_net, delivery_tax))
    content["supplied_on"] = _day(fulfilment.shipped_at, business).isoformat()
    content["parcel"] = fulfilment.number
    if order.terms_days is not None:
        content["terms"] = {"days": order.terms_days}
    return content


def credit_note_content(
    business: Business, order: Order, refund: OrderRefund, corrected: Iterable[str]
) -> Content:
    """A credit note: what is taken back of invoices that were issued; `corrected` are their numbers."""
    net, tax = refund.returns_net - refund.voucher_part, refund.tax_part
    delivery_tax = _delivery_tax(order, refund)
    positions = _returned(refund.lines.select_related("order_line__variant").order_by("order_line__position"))
    named = (sum((p.net for p in positions), ZERO), sum((p.tax for p in positions), ZERO))
    if positions and named[0] == net and tax - named[1] >= ZERO:
        delivery_tax = tax - named[1]
    elif net or tax - delivery_tax:
        # An amount was given back that is not the price of whole pieces.
        positions = [Position("", refund.reason, 1, None, ZERO, None, net, tax - delivery_tax)]
    else:
        positions = []
    content = _frame(business, order, positions, _delivery(order, refund.shipping_net_part, delivery_tax))
    content["reason"] = refund.reason
    content["corrects"] = list(corrected)
    if ways := ways_back(refund.parts):
        content["paid_back"] = {
            "amount": _text(refund.amount, order.currency),
            "parts": [
                {"by": way_words(tender, code), "amount": _text(Decimal(amount), order.currency)}
                for tender, code, amount in ways
            ],
        }
    return content


def credited_amount(refund: OrderRefund) -> Decimal:
    """What of a refund was for goods that had left, tax included; gift cards that were taken back are no goods."""
    return refund.returns_net - refund.voucher_part + refund.tax_part + refund.shipping_net_part


def _returned(lines: Iterable[OrderRefundLine]) -> list[Position]:
    return [
        Position(
            line.order_line.product_title,
            _detail(line.order_line),
            line.returned_quantity,
            line.order_line.unit_price,
            _share(
                line.order_line.discount,
                line.returned_quantity,
                line.order_line.quantity,
                line.refund.order.currency,
            ),
            line.order_line.tax_rate,
            line.net,
            line.tax,
            line.order_line.tax_parts,
            sold=sold_line(line.order_line, line.refund.order.currency, line.returned_quantity),
        )
        for line in lines
        if line.returned_quantity and not line.cancelled_quantity
    ]


def _delivery_tax(order: Order, refund: OrderRefund) -> Decimal:
    if not order.shipping_net or not refund.shipping_net_part:
        return ZERO
    share = refund.shipping_net_part * order.shipping_tax / order.shipping_net
    return min(round_money(share, order.currency), refund.tax_part)


def _delivery(order: Order, net: Decimal, tax: Decimal) -> Position | None:
    if not net and not tax:
        return None
    return Position(order.shipping_name, "", 1, None, ZERO, None, net, tax, order.shipping_tax_parts)


def _share(amount: Decimal, pieces: int, out_of: int, currency: str) -> Decimal:
    return amount if pieces == out_of else round_money(amount * pieces / out_of, currency)


def _detail(line: OrderLine) -> str:
    hsn = f"HSN {line.hsn}" if line.hsn else ""
    return " · ".join(part for part in (line.variant_title, line.pack_name, line.sku, hsn) if part)


def _frame(business: Business, order: Order, positions: list[Position], delivery: Position | None) -> Content:
    currency = order.currency
    counted = [*positions, *([delivery] if delivery else [])]
    net = sum((position.net for position in counted), ZERO)
    tax = sum((position.tax for position in counted), ZERO)
    # What stands in words is in the paper's language, whoever has it made.
    with translation.override(business.language):
        lines = [_line(position, order) for position in positions]
    return {
        "version": VERSION,
        "currency": currency,
        "language": business.language,
        "is_rtl": _is_rtl(business.language),
        "tax_inclusive": order.tax_inclusive,
        "seller": seller_facts(business) | {"bank": bank_details()},
        "buyer": _buyer(order),
        "order": {
            "number": order.number,
            "placed_on": _day(order.placed_at, business).isoformat(),
            "tracking_url": order_url(business.slug, order.public_token),
            "po_number": order.po_number,
        },
        "lines": lines,
        "delivery": _line(delivery, order) if delivery else None,
        "facts": paper_facts(order, currency),
        "taxes": _taxes(counted, business, currency),
        "tax_note": order.tax_note,
        "totals": {
            "net": _text(net, currency),
            "tax": _text(tax, currency),
            "gross": _text(net + tax, currency),
        },
    }


def seller_facts(business: Business) -> Content:
    """Who sells, as papers name it."""
    return {
        "name": business.name,
        "lines": postal_lines(
            (business.line1, business.line2),
            business.city,
            business.region,
            business.postcode,
            business.country,
        ),
        "email": business.email,
        "phone": business.phone,
        "tax_name": business.tax_name,
        "tax_number": business.tax_number,
        "accent": business.accent_colour,
        "logo": business.logo.name if business.logo else "",
    }


def _buyer(order: Order) -> Content:
    """Who is to pay: the company of an order on account, else who gets the goods."""
    company = order.company if order.is_on_account else None
    if company is None:
        return {"name": order.ship_name, "lines": _buyer_lines(order), "email": order.email}
    streets = (company.line1, company.line2)
    lines = postal_lines(streets, company.city, company.region, company.postcode, company.country)
    return {
        "name": company.name,
        "lines": lines or _buyer_lines(order),
        "email": company.email or order.email,
        "tax_number": company.tax_number,
    }


def _buyer_lines(order: Order) -> list[str]:
    return order.ship_lines[1:] if order.ship_name else order.ship_lines


def _line(position: Position, order: Order) -> Content:
    gross = position.net + position.tax
    return {
        "title": position.title,
        "detail": position.detail,
        "quantity": position.quantity,
        "unit_price": "" if position.unit_price is None else _plain(position.unit_price, order.currency),
        "discount": _text(position.discount, order.currency) if position.discount else "",
        "discount_of": position.why if position.discount else "",
        "rate": "" if position.rate is None else percent(position.rate),
        **(position.sold.facts if position.sold else {}),
        "amount": _text(gross if order.tax_inclusive else position.net, order.currency),
    }


def _taxes(positions: list[Position], business: Business, currency: str) -> list[Content]:
    """Net and tax by rate; a position without a rate of its own goes to the rate that its amounts show."""
    if any(position.parts for position in positions):
        return _named_taxes(positions, business, currency)
    known = {position.rate for position in positions if position.rate is not None} | {business.tax_rate, ZERO}
    sums: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for position in positions:
        rate = position.rate if position.rate is not None else _rate_of(position, known, currency)
        net, tax = sums.get(rate, (ZERO, ZERO))
        sums[rate] = (net + position.net, tax + position.tax)
    return [
        {
            "rate": percent(rate),
            "net": _text(net, currency),
            "tax": _text(tax, currency),
            "gross": _text(net + tax, currency),
        }
        for rate, (net, tax) in sorted(sums.items())
    ]


def _named_taxes(positions: list[Position], business: Business, currency: str) -> list[Content]:
    """Net and tax by the name and rate of each tax: CGST and SGST stand apart and sum to the tax, to the cent."""
    sums: dict[tuple[Decimal, str], tuple[Decimal, Decimal]] = {}
    for position in positions:
        usual = {"name": business.tax_name, "rate": str(position.rate or ZERO)}
        named = list(position.parts) or [usual]
        shares = allocate(position.tax, [Decimal(part["rate"]) for part in named], currency)
        for part, share in zip(named, shares, strict=True):
            key = (Decimal(part["rate"]), part["name"])
            net, tax = sums.get(key, (ZERO, ZERO))
            sums[key] = (net + position.net, tax + share)
    return [
        {
            "name": name,
            "rate": percent(rate),
            "net": _text(net, currency),
            "tax": _text(tax, currency),
            "gross": "",
        }
        for (rate, name), (net, tax) in sorted(sums.items())
    ]


def _rate_of(position: Position, known: set[Decimal], currency: str) -> Decimal:
    def distance(rate: Decimal) -> Decimal:
        return abs(round_money(position.net * rate, currency) - position.tax)

    return min(sorted(known), key=distance)


def percent(rate: Decimal) -> str:
    """A rate as people write it: 0.2000 is 20, 0.0750 is 7.5."""
    text = f"{rate * 100:.2f}"
    return text.rstrip("0").rstrip(".")


def _text(amount: Decimal, currency: str) -> str:
    return str(round_money(amount, currency))


def _plain(amount: Decimal, currency: str) -> str:
    """A unit price keeps the places it needs, at least those of the currency."""
    rounded = round_money(amount, currency)
    return str(rounded if rounded == amount else amount.normalize())


def _day(moment: dt.datetime, business: Business) -> dt.date:
    return moment.astimezone(ZoneInfo(business.time_zone)).date()


def _is_rtl(language: str) -> bool:
    try:
        return bool(get_language_info(language)["bidi"])
    except KeyError:
        return language.split("-")[0] in {"ar", "he", "fa", "ur"}
