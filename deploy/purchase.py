"""Buy one thing over HTTP from a running demo, as a visitor without JavaScript: is it the product, or just a page?

.venv/bin/python -m deploy.purchase http://127.0.0.1:8000 harbour-pine
"""

from __future__ import annotations

import html
import re
import sys
import time
import urllib.parse

from bench.buyer import Buyer

PATIENCE_SECONDS = 30


def fill_cart(buyer: Buyer) -> str:
    """Put the first thing that can be bought into the cart; returns its address."""
    buyer.get(f"{buyer.store}products/")
    for path in dict.fromkeys(re.findall(rf'href="({buyer.store}products/[a-z0-9-]+/)"', buyer.page)):
        buyer.get(path)
        if re.search(r'id="add" disabled', buyer.page):
            continue
        choice = re.findall(r'name="(option\d+)" value="([^"]*)" checked', buyer.page)
        fields = {name: html.unescape(value) for name, value in choice}
        if not fields:
            fields["variant"] = buyer.hidden("variant")
        buyer.post(f"{buyer.store}cart/add/", {"product": buyer.hidden("product"), "quantity": 1, **fields})
        return path
    raise LookupError("nothing can be bought here")


def pay(buyer: Buyer) -> None:
    """Pay on the payment company's page and wait for the shop's thanks."""
    page = urllib.parse.urlsplit(buyer.location).path
    if "/sandbox-pay/" not in page:
        raise LookupError(f"the checkout led to {buyer.location or buyer.path}, not to the payment page")
    buyer.post(f"{page}choose/", {"outcome": "pay"})
    end = time.monotonic() + PATIENCE_SECONDS
    while "Thank you for your order" not in buyer.page:
        if time.monotonic() > end:
            raise LookupError(f"no thanks on {buyer.path}: {buyer.page[:300]}")
        time.sleep(1)
        buyer.get(urllib.parse.urlsplit(buyer.location).path)


def main(base: str, store: str) -> None:
    """Walk from the shelf to the thanks, and say so."""
    buyer = Buyer(base, store, email="first.buyer@example.com")
    bought = fill_cart(buyer)
    buyer.place(buyer.open_checkout())
    pay(buyer)
    print(f"Bought {bought} and paid: {urllib.parse.urlsplit(buyer.location).path}")


if __name__ == "__main__":
    main(*sys.argv[1:])
