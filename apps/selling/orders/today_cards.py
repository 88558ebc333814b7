"""Orders on the Today page: how it goes, and what waits."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _now
from django.utils.translation import ngettext

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.backoffice import today
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.verbs import verb_url
from apps.platform.businesses.selectors import get_current_business

from .models import Order
from .selectors import Trade, list_to_ship, trade_between
from .states import OrderState, PaymentState

MOST_WAITING = 4
A_WEEK = dt.timedelta(days=7)


@today.register_card(permission="orders.read", order=10)
def sales_today(actor: Actor) -> list[today.Card]:
    """Today's orders beside those of the same weekday last week, up to the same time of day."""
    now = clock.now()
    local = now.astimezone(ZoneInfo(get_current_business().time_zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    this, last = trade_between((midnight, now), (midnight - A_WEEK, now - A_WEEK))
    weekday = formats.date_format(local, "l")
    url = f"{reverse('admin:orders_order_changelist')}?tab=all"
    by_then = _now("%(weekday)s last week by this time: %(value)s")
    orders_then = ngettext("%(count)s order", "%(count)s orders", last.count) % {"count": last.count}
    return [
        today.Card(
            label=_now("Sales today"),
            value=format_amount(this.total),
            url=url,
            note=by_then % {"weekday": weekday, "value": format_amount(last.total)},
            change=_change(this.total, last.total),
            tone=_tone(this, last),
        ),
        today.Card(
            label=_now("Orders today"),
            value=str(this.count),
            url=url,
            note=by_then % {"weekday": weekday, "value": orders_then},
            change=_change(Decimal(this.count), Decimal(last.count)),
        ),
    ]


def _change(this: Decimal, last: Decimal) -> str:
    """By how many per cent it is more or less; nothing when there is nothing to compare with."""
    return f"{(this - last) / last:+.0%}" if last else ""


def _tone(this: Trade, last: Trade) -> today.Tone:
    return "good" if this.total > last.total else ""


@today.register_waiting(permission="orders.fulfil", order=10)
def waits_to_ship(actor: Actor) -> list[today.Waiting]:
    """Paid orders, the one that waits longest first, and where the others are."""
    orders = list(list_to_ship()[: MOST_WAITING + 1])
    sentences = [
        today.Waiting(
            text=_now("Order %(number)s of %(name)s is paid and waits:")
            % {"number": order.number, "name": order.ship_name or order.email or _now("a buyer")},
            verb=_now("Ship"),
            url=verb_url(order, "ship"),
            tone="warn" if clock.now() - order.placed_at > dt.timedelta(days=2) else "",
        )
        for order in orders[:MOST_WAITING]
    ]
    if len(orders) > MOST_WAITING:
        url = f"{reverse('admin:orders_order_changelist')}?tab=to_ship"
        sentences.append(
            today.Waiting(text=_now("More orders are paid and wait:"), verb=_now("See all"), url=url)
        )
    return sentences


@today.register_waiting(permission="orders.read", order=40)
def part_paid(actor: Actor) -> list[today.Waiting]:
    """Orders of which a part is still to be paid, and those whose buyers ask when they are taken on."""
    lacking = Q(state__in=(OrderState.PLACED, OrderState.CONFIRMED), payment_state=PaymentState.PART_PAID)
    asked = Q(state=OrderState.PLACED, nudged_at__isnull=False)
    waiting = Order.objects.filter(lacking | asked).order_by("placed_at", "id")[:MOST_WAITING]
    return [
        today.Waiting(
            text=_lacks(order) if order.payment_state == PaymentState.PART_PAID else _asks(order),
            verb=_now("Look at it"),
            url=reverse("admin:orders_order_change", args=[order.pk]),
        )
        for order in waiting
    ]


def _lacks(order: Order) -> str:
    return _now("Order %(number)s lacks %(amount)s:") % {
        "number": order.number,
        "amount": format_amount(order.outstanding, order.currency),
    }


def _asks(order: Order) -> str:
    return _now("%(name)s asks when order %(number)s is taken on:") % {
        "number": order.number,
        "name": order.ship_name or order.email or _now("a buyer"),
    }
