"""A year of trade, day by day, through the services."""

from __future__ import annotations

import datetime as dt
import random
from contextlib import ExitStack
from decimal import Decimal
from uuid import UUID

from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import OutOfStock
from apps.kernel.events import muted
from apps.selling.orders.drafts import Address, Contact, LineDraft, ShippingDraft
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.services import (
    add_note,
    cancel_order,
    expire_order,
    fulfil_order,
    mark_delivered,
    place_order,
    refund_order,
)
from monidesk.demo import payments
from monidesk.demo.furnish import Furnished, restock
from monidesk.demo.people import Buyer, buyers
from monidesk.demo.seasons import choose_items, moments, orders_on
from monidesk.demo.shops import Shop

SHIPPING = Decimal("4.95")
FREE_OVER = Decimal("60")
MAILS_OF_DAYS = 21
NOTES = (
    "Asked for a gift message.",
    "Please leave with the neighbour at number 12.",
    "Called to ask about delivery; all fine.",
    "Returning customer, add a sample.",
)


class Trade:
    """The days of one business. What happens is decided by `chooser` alone: one seed, one year."""

    def __init__(
        self, shop: Shop, furnished: Furnished, today: dt.date, days: int, chooser: random.Random
    ) -> None:
        self.shop = shop
        self.furnished = furnished
        self.today = today
        self.days = days
        self.chooser = chooser
        self.people = buyers(shop.country, 180, chooser)
        self.actor = Actor.system("demo", furnished.business.pk)
        self.on_the_way: list[tuple[dt.datetime, UUID]] = []

    def run(self) -> int:
        """Trade until today; returns how many orders were placed."""
        placed = 0
        with tenancy.bind(self.furnished.business.pk), ExitStack() as old_times:
            # Nobody reads the mails of last spring: only those of the last weeks are made.
            old_times.enter_context(muted("orders.mail_"))
            for number in range(self.days, -1, -1):
                if number == MAILS_OF_DAYS:
                    old_times.close()
                day = self.today - dt.timedelta(days=number)
                placed += self._trade_on(day, age=1 - number / self.days, days_ago=number)
        return placed

    def _trade_on(self, day: dt.date, *, age: float, days_ago: int) -> int:
        morning = dt.datetime(day.year, day.month, day.day, 6, tzinfo=dt.UTC)
        if day.day in {1, 15}:
            with clock.travel(morning):
                restock(self.actor, self.furnished, self.chooser)
        self._deliver_until(morning)
        count = orders_on(self.shop, day, age, self.chooser)
        if days_ago <= 1:
            count = max(count, 3)  # somebody who opens the demo finds work that waits
        placed = 0
        for moment in moments(day, count, self.chooser):
            if moment < clock.now():
                placed += self._one_order(moment, day, days_ago)
        return placed

    def _one_order(self, moment: dt.datetime, day: dt.date, days_ago: int) -> bool:
        buyer = self.chooser.choice(self.people[: 60 + 120 * (self.days - days_ago) // self.days])
        with clock.travel(moment):
            order = self._place(buyer, day)
            if order is None:
                return False
            self._live_through(order, moment, days_ago)
        return True

    def _place(self, buyer: Buyer, day: dt.date) -> Order | None:
        count = self.chooser.choices([1, 2, 3, 4], [50, 28, 15, 7])[0]
        lines = []
        for item in choose_items(self.shop, day, count, self.chooser):
            variant_id = self.chooser.choice(self.furnished.variants[item.title])
            cheap = Decimal(item.price) < 20
            wanted = self.chooser.choices([1, 2, 4], [80, 15, 5] if cheap else [95, 5, 0])[0]
            wanted = min(wanted, self.furnished.on_shelf.get(variant_id, 0))
            if wanted:
                lines.append((item, LineDraft(variant_id, wanted)))
        if not lines:
            return None
        goods = sum((Decimal(item.price) * line.quantity for item, line in lines), Decimal(0))
        try:
            order = place_order(
                self.actor,
                lines=[line for _item, line in lines],
                contact=Contact(email=buyer.email, phone=buyer.phone, name=buyer.name),
                address=Address(
                    name=buyer.name,
                    line1=buyer.line1,
                    city=buyer.city,
                    region=buyer.region,
                    postcode=buyer.postcode,
                    country=buyer.country,
                ),
                shipping=ShippingDraft("Standard delivery", Decimal(0) if goods >= FREE_OVER else SHIPPING),
                channel="storefront",
            )
        except OutOfStock:
            return None
        for _item, line in lines:
            self.furnished.on_shelf[line.variant_id] -= line.quantity
        return order

    def _live_through(self, order: Order, moment: dt.datetime, days_ago: int) -> None:
        fate = self.chooser.random()
        payment = payments.ask_for(self.actor, order)
        self._drain()
        if fate < 0.04 and days_ago > 0:
            with clock.travel(moment + dt.timedelta(minutes=self.furnished.business.unpaid_minutes + 1)):
                expire_order(self.actor, order_id=order.pk)
                self._drain()
            self._back_on_shelf(order)
            return
        if days_ago == 0 and fate > 0.8:
            return  # still unpaid when the demo opens
        with clock.travel(moment + dt.timedelta(minutes=self.chooser.randint(1, 6))):
            payments.pay(self.actor, payment)
            self._drain()
        if fate > 0.95:
            add_note(self.actor, order_id=order.pk, text=self.chooser.choice(NOTES))
        if 0.04 <= fate < 0.065:
            with clock.travel(moment + dt.timedelta(hours=2)):
                cancel_order(self.actor, order_id=order.pk, reason="The customer changed her mind.")
                self._settle()
            self._back_on_shelf(order)
        elif days_ago >= 2:
            self._send(order, moment + dt.timedelta(hours=self.chooser.randint(14, 40)), fate)

    def _send(self, order: Order, sent_at: dt.datetime, fate: float) -> None:
        with clock.travel(sent_at):
            number = f"MD{self.chooser.randrange(10**9):09d}"
            fulfil_order(self.actor, order_id=order.pk, carrier="Parcel post", tracking_number=number)
            self._drain()
        self.on_the_way.append((sent_at + dt.timedelta(days=self.chooser.randint(2, 4)), order.pk))
        if 0.065 <= fate < 0.115:
            back_at = sent_at + dt.timedelta(days=self.chooser.randint(6, 14))
            if back_at < clock.now():
                self._take_back(order, back_at, restocked=fate < 0.1)

    def _take_back(self, order: Order, back_at: dt.datetime, *, restocked: bool) -> None:
        line = OrderLine.objects.filter(order=order).earliest("position")
        with clock.travel(back_at):
            refund_order(
                self.actor,
                order_id=order.pk,
                lines=[(line.pk, 1)],
                restock=restocked,
                reason="Sent back" if restocked else "Arrived damaged",
            )
            self._settle()
        if restocked:
            self.furnished.on_shelf[line.variant_id] += 1

    def _deliver_until(self, moment: dt.datetime) -> None:
        due = sorted(entry for entry in self.on_the_way if entry[0] <= moment)
        self.on_the_way = [entry for entry in self.on_the_way if entry[0] > moment]
        for delivered_at, order_id in due:
            with clock.travel(delivered_at):
                mark_delivered(self.actor, order_id=order_id)
                self._drain()

    def _settle(self) -> None:
        """Deliver the events and let the provider confirm the refunds they ask for."""
        self._drain()
        payments.confirm_refunds(self.actor)
        self._drain()

    def _drain(self) -> None:
        """Deliver this business's events only: the other one's year runs in another process with its own clock."""
        outbox.drain(business_id=self.furnished.business.pk)

    def _back_on_shelf(self, order: Order) -> None:
        for variant_id, quantity in OrderLine.objects.filter(order=order).values_list(
            "variant_id", "quantity"
        ):
            self.furnished.on_shelf[variant_id] += quantity
