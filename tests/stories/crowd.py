"""Buyers who go on buying while servers are killed, and who remember what they were promised."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.buyer import Buyer

# What a person meets while a server is down: they wait a moment and press the button again.
TROUBLE = (OSError, http.client.HTTPException, RuntimeError, LookupError)
PATIENCE_SECONDS = 45.0


@dataclass
class Purchase:
    """One order as its buyer knows it. Each has an address of its own, so that doubles are seen."""

    email: str
    tries: int = 0
    ordered: bool = False
    """The redirect after "Place order" arrived: from now on the order must exist."""
    paid: bool = False
    """The redirect after "Pay" arrived: from now on the money must be in the books."""


class Crowd:
    """Some buyers at once, each with one order after the other, until told to stop."""

    def __init__(self, base: str, store: str, variant_ids: Sequence[Any], *, buyers: int = 3) -> None:
        self.base, self.store, self.variant_ids = base, store, list(variant_ids)
        self.purchases: list[Purchase] = []
        self.ordered_at: list[float] = []
        self.paid_at: list[float] = []
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._buy, args=(n,), daemon=True) for n in range(buyers)]

    def start(self) -> None:
        """Let them in."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[Purchase]:
        """Nobody begins another order; what was begun is finished or given up."""
        self._over.set()
        for thread in self._threads:
            thread.join(3 * PATIENCE_SECONDS)
        assert not any(thread.is_alive() for thread in self._threads), "a buyer never came back"
        return self.purchases

    @property
    def ordered(self) -> int:
        """How many orders were acknowledged so far."""
        return len(self.ordered_at)

    @property
    def paid(self) -> int:
        """How many payments were acknowledged so far."""
        return len(self.paid_at)

    def _buy(self, number: int) -> None:
        turn = 0
        while not self._over.is_set():
            turn += 1
            purchase = Purchase(f"buyer-{number}-{turn}@example.com")
            with self._guard:
                self.purchases.append(purchase)
            self._order_and_pay(purchase, self.variant_ids[(number + turn) % len(self.variant_ids)])

    def _order_and_pay(self, purchase: Purchase, variant_id: Any) -> None:
        filled = self._patiently(lambda: self._fill_cart(purchase, variant_id), purchase)
        if filled is None:
            return
        buyer, form = filled
        try:
            self._see_through(purchase, buyer, form)
        finally:
            buyer.connection.close()

    def _see_through(self, purchase: Purchase, buyer: Buyer, form: dict[str, Any]) -> None:
        # From here on it is always the same form with the same key: that is what makes trying again safe.
        page = self._patiently(lambda: self._place(buyer, form), purchase)
        if page is None:
            return
        purchase.ordered = True
        self.ordered_at.append(time.monotonic())
        # The order stands; from here the payment company is asked, again and again while it is away.
        page = self._patiently(lambda: self._go_to_pay(buyer, page), purchase)
        if page is not None and self._patiently(lambda: self._pay(buyer, page), purchase):
            purchase.paid = True
            self.paid_at.append(time.monotonic())

    def _patiently(self, act: Any, purchase: Purchase) -> Any:
        """Try until it works or patience ends; None then."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                return act()
            except TROUBLE:
                purchase.tries += 1
                time.sleep(0.25)
        return None

    def _fill_cart(self, purchase: Purchase, variant_id: Any) -> tuple[Buyer, dict[str, Any]]:
        buyer = Buyer(self.base, self.store, purchase.email)
        try:
            buyer.add(variant_id)
            return buyer, buyer.open_checkout()
        except TROUBLE:
            buyer.connection.close()
            raise

    def _place(self, buyer: Buyer, form: dict[str, Any]) -> str:
        buyer.location = ""
        self._asked(buyer, lambda: buyer.place(form, follow=False))
        if not buyer.location:
            raise LookupError(f"no redirect: {buyer.status}")
        return buyer.location

    def _go_to_pay(self, buyer: Buyer, page: str) -> str:
        buyer.location = ""
        self._asked(buyer, lambda: buyer.get(urllib.parse.urlsplit(page).path, follow=False))
        if "/sandbox-pay/" not in buyer.location:
            raise LookupError(f"not sent on to the payment company: {buyer.status} {buyer.location}")
        return buyer.location

    def _pay(self, buyer: Buyer, page: str) -> bool:
        path = urllib.parse.urlsplit(page).path
        buyer.location = ""
        self._asked(buyer, lambda: buyer.get(path))
        buyer.strict = False
        self._asked(buyer, lambda: buyer.post(f"{path}choose/", {"outcome": "pay"}, follow=False))
        # 409: an earlier press of the button was taken, and its answer was lost.
        return buyer.status in {302, 303}

    def _asked(self, buyer: Buyer, ask: Any) -> None:
        """After a broken connection the next request needs a new one."""
        try:
            ask()
        except (OSError, http.client.HTTPException):
            buyer.connection.close()
            raise
