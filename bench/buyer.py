"""A buyer without JavaScript, over HTTP: what the benchmarks and the stories walk with."""

from __future__ import annotations

import re
from typing import Any

from bench.web import Browser

ADDRESS = {
    "name": "Ada Buyer",
    "line1": "1 Test Street",
    "city": "Bristol",
    "postcode": "BS1 4ST",
    "country": "GB",
}


class Buyer(Browser):
    """One visitor of one store."""

    def __init__(self, base: str, store: str, email: str = "ada.buyer@example.com") -> None:
        super().__init__(base)
        self.store = f"/store/{store}/"
        self.email = email

    def add(self, variant_id: Any, quantity: int = 1, *, product: str = "") -> str:
        """Put a variant into the cart."""
        if "csrftoken" not in self.cookies:
            self.get(f"{self.store}products/")
            first = re.search(rf'href="({self.store}products/[a-z0-9-]+/)"', self.page)
            if first is None:
                raise LookupError(f"no product on {self.path}")
            self.get(first[1])
        fields = {"variant": variant_id, "quantity": quantity, "product": product}
        return self.post(f"{self.store}cart/add/", fields)

    def type_code(self, code: str) -> str:
        """Type a code into the cart."""
        return self.post(f"{self.store}cart/code/", {"code": code})

    def open_checkout(self) -> dict[str, Any]:
        """Open the checkout page; returns the form filled in as this buyer would."""
        self.get(f"{self.store}checkout/")
        rate = re.search(r'name="rate"[^>]*value="([^"]+)"', self.page)
        return {
            **ADDRESS,
            "email": self.email,
            "key": self.hidden("key"),
            "quote": self.hidden("quote"),
            "rate": rate[1] if rate else "",
            "provider": "sandbox",
            "csrfmiddlewaretoken": self.hidden("csrfmiddlewaretoken"),
        }

    def place(self, form: dict[str, Any], *, follow: bool = True) -> str:
        """Submit the checkout. Without `follow` the answer to the submission itself is returned."""
        return self.post(f"{self.store}checkout/", form, follow=follow)
