"""A year of trade through the services, in the order in which things happened."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from heapq import heappop, heappush
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.events import muted
from apps.kernel.use_cases import together
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

Step = Callable[[], None]


class Trade:
    """The days of one business. What happens is decided by `chooser` alone: one seed, one year.

    Everything that will happen stands in an agenda and happens in the order of its moments, so numbers, papers and
    the audit chain run with time as in real trade. Events are delivered once a day, and before any step that needs
    what an order's own events bring about.
    """

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
        self.placed = 0
        self.agenda: list[tuple[dt.datetime, int, UUID | None, Step]] = []
        self.untold: set[UUID] = set()
        self._numbers = count()

    def run(self) -> int:
        """Trade until now; returns how many orders were placed."""
        opens = clock.now()
        with tenancy.bind(self.furnished.business.pk), ExitStack() as old_times:
            # Nobody reads the mails and alerts of last spring: only those of the last weeks are made.
            for told in ("orders.mail_", "orders.alert_", "inventory.alert_", "payments.alert_"):
                old_times.enter_context(muted(told))
            for days_ago in range(self.days, -1, -1):
                if days_ago == MAILS_OF_DAYS:
                    old_times.close()
                self._plan(days_ago)
                # Midnight where the shop is: what is delivered together belongs to one day of the books.
                tomorrow = self.today - dt.timedelta(days=days_ago - 1)
                midnight = dt.datetime.combine(tomorrow, dt.time(), tzinfo=ZoneInfo(self.shop.time_zone))
                self._live_until(min(midnight, opens))
        return self.placed

    def _plan(self, days_ago: int) -> None:
        """Enter what a day brings by itself: deliveries to the shop, and buyers."""
        day = self.today - dt.timedelta(days=days_ago)
        if day.day in {1, 15}:
            self._enter(_at(day, 6), partial(restock, self.actor, self.furnished, self.chooser))
        wanted = orders_on(self.shop, day, 1 - days_ago / self.days, self.chooser)
        if days_ago <= 1:
            wanted = max(wanted, 3)  # somebody who opens the demo finds work that waits
        for moment in moments(day, wanted, self.chooser):
            self._enter(moment, partial(self._buy, moment, day, days_ago))

    def _enter(self, moment: dt.datetime, step: Step, order_id: UUID | None = None) -> None:
        heappush(self.agenda, (moment, next(self._numbers), order_id, step))

    def _live_until(self, end: dt.datetime) -> None:
        """Do what stands in the agenda before `end`; what would come after it has not happened yet."""
        while self.agenda and self.agenda[0][0] < end:
            moment, _number, order_id, step = heappop(self.agenda)
            if order_id in self.untold:
                self._deliver_events()
            with clock.travel(moment):
                step()
        self._deliver_events()

    def _deliver_events(self) -> None:
        """Deliver this business's events only: the other one's year runs in another process with its own clock."""
        outbox.deliver_together(self.furnished.business.pk)
        self.untold.clear()

    def _buy(self, moment: dt.datetime, day: dt.date, days_ago: int) -> None:
        buyer = self.chooser.choice(self.people[: 60 + 120 * (self.days - days_ago) // self.days])
        wanted = self._choose(day)
        fate = self.chooser.random()
        if not wanted:
            return
        # As at the checkout: the order and the request for its payment are one piece of work.
        with together(self.actor):
            order = self._place(buyer, wanted)
            payment = payments.ask_for(self.actor, order)
        self.placed += 1
        self.untold.add(order.pk)
        if fate < 0.04 and days_ago > 0:
            unpaid = dt.timedelta(minutes=self.furnished.business.unpaid_minutes + 1)
            self._enter(moment + unpaid, partial(self._expire, order.pk))
        elif days_ago > 0 or fate <= 0.8:  # the others are still unpaid when the demo opens
            paid_at = moment + dt.timedelta(minutes=self.chooser.randint(1, 6))
            self._enter(paid_at, partial(self._pay, order.pk, payment, paid_at, fate))

    def _choose(self, day: dt.date) -> list[tuple[Decimal, LineDraft]]:
        """What somebody wants of what is there, with prices."""
        pieces = self.chooser.choices([1, 2, 3, 4], [50, 28, 15, 7])[0]
        found = []
        for item in choose_items(self.shop, day, pieces, self.chooser):
            variant_id = self.chooser.choice(self.furnished.variants[item.title])
            cheap = Decimal(item.price) < 20
            wanted = self.chooser.choices([1, 2, 4], [80, 15, 5] if cheap else [95, 5, 0])[0]
            wanted = min(wanted, self.furnished.on_shelf.get(variant_id, 0))
            if wanted:
                found.append((Decimal(item.price), LineDraft(variant_id, wanted)))
        return found

    def _place(self, buyer: Buyer, wanted: list[tuple[Decimal, LineDraft]]) -> Order:
        goods = sum((price * line.quantity for price, line in wanted), Decimal(0))
        order = place_order(
            self.actor,
            lines=[line for _price, line in wanted],
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
        for _price, line in wanted:
            self.furnished.on_shelf[line.variant_id] -= line.quantity
        return order

    def _expire(self, order_id: UUID) -> None:
        expire_order(self.actor, order_id=order_id)
        self._back_on_shelf(order_id)

    def _pay(self, order_id: UUID, payment_id: UUID, moment: dt.datetime, fate: float) -> None:
        payments.pay(self.actor, payment_id)
        self.untold.add(order_id)
        if fate > 0.95:
            add_note(self.actor, order_id=order_id, text=self.chooser.choice(NOTES))
        if 0.04 <= fate < 0.065:
            self._enter(moment + dt.timedelta(hours=2), partial(self._cancel, order_id), order_id)
        else:
            sent_at = moment + dt.timedelta(hours=self.chooser.randint(14, 40))
            self._enter(sent_at, partial(self._send, order_id, sent_at, fate), order_id)

    def _cancel(self, order_id: UUID) -> None:
        cancel_order(self.actor, order_id=order_id, reason="The customer changed her mind.")
        self._pay_back()
        self._back_on_shelf(order_id)

    def _send(self, order_id: UUID, sent_at: dt.datetime, fate: float) -> None:
        number = f"MD{self.chooser.randrange(10**9):09d}"
        fulfil_order(self.actor, order_id=order_id, carrier="Parcel post", tracking_number=number)
        self.untold.add(order_id)
        arrives = sent_at + dt.timedelta(hours=self.chooser.randint(44, 96))
        self._enter(arrives, partial(self._arrive, order_id), order_id)
        if 0.065 <= fate < 0.115:
            back_at = sent_at + dt.timedelta(days=self.chooser.randint(6, 14))
            self._enter(back_at, partial(self._take_back, order_id, restocked=fate < 0.1), order_id)

    def _arrive(self, order_id: UUID) -> None:
        mark_delivered(self.actor, order_id=order_id)

    def _take_back(self, order_id: UUID, *, restocked: bool) -> None:
        line = OrderLine.objects.filter(order=order_id).earliest("position")
        refund_order(
            self.actor,
            order_id=order_id,
            lines=[(line.pk, 1)],
            restock=restocked,
            reason="Sent back" if restocked else "Arrived damaged",
        )
        self._pay_back()
        if restocked:
            self.furnished.on_shelf[line.variant_id] += 1

    def _pay_back(self) -> None:
        """Have the refund asked of the company, and its answer told."""
        self._deliver_events()
        payments.confirm_refunds(self.actor)

    def _back_on_shelf(self, order_id: UUID) -> None:
        for variant_id, quantity in OrderLine.objects.filter(order=order_id).values_list(
            "variant_id", "quantity"
        ):
            self.furnished.on_shelf[variant_id] += quantity


def _at(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.UTC)
