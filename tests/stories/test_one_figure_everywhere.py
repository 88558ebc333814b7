"""One order, every place that shows its money: list, product, cart, checkout, order, papers, mail, API, journal (X-02).

A mug with a volume price at the standard rate and a book at the reduced one, ten per cent off everything, delivery;
a part is sent, a part of that comes back. Prices with and without tax, tax rounded on lines and once a document.
"""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.money import format_money
from apps.money.invoicing.models import Document
from apps.money.invoicing.services import read_document
from apps.money.ledger.models import JournalLine
from apps.money.ledger.verification import verify_books
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import forget_cached_businesses
from apps.platform.businesses.services import change_settings
from apps.platform.notifications.models import Message
from apps.selling.orders.models import Order, OrderRefund
from apps.selling.orders.services import refund_order
from apps.selling.pricing.services import save_list, save_tax_item, save_zone, set_entries
from apps.selling.pricing.services.entries import EntryDraft
from apps.selling.pricing.services.taxes import RateDraft
from apps.selling.promotions.models import AppliedPromotion
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_product
from tests.factories.orders import lines_of, make_rate, pay, reread, ship
from tests.factories.promotions import make_promotion

pytestmark = pytest.mark.django_db
D = Decimal
ADDRESS = {
    "email": "ada@example.com", "phone": "", "country": "GB", "name": "Ada Obi", "line1": "1 Quay Street",
    "line2": "", "city": "Bristol", "region": "", "postcode": "BS1 4DJ",
}  # fmt: skip
# 7 mugs at 9.99 less 5 % (3.50), 3 books at 4.45, ten per cent of 79.78 off, delivery 3.00: worked out by hand.
# (prices include tax, rounding): total, tax
EXPECTED = {
    (True, "line"): ("74.80", "11.03"),
    (True, "document"): ("74.80", "11.03"),
    (False, "line"): ("87.96", "13.16"),
    (False, "document"): ("87.96", "13.16"),
}


@pytest.fixture(autouse=True)
def _fresh_businesses(settings: Any) -> Iterator[None]:
    settings.BUSINESS_CACHE_SECONDS = 0
    forget_cached_businesses()
    yield
    forget_cached_businesses()


class Seen:
    """What one place shows, as text; `shows` says which amount was looked for where."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.places: dict[str, str] = {}
        self.missing: list[str] = []

    def page(self, place: str, client: Client, url: str) -> str:
        answer = client.get(url, follow=True)
        assert answer.status_code == 200, (place, answer.status_code)
        return self.text(place, answer.content.decode())

    def text(self, place: str, content: str) -> str:
        plain = html.unescape(re.sub(r"<[^>]+>", " ", content))
        self.places[place] = " ".join(plain.replace("\u00a0", " ").split())
        return content

    def check(self, amount: Decimal, *places: str) -> None:
        """The amount stands at each of the places as this currency is written, not as a part of a longer number."""
        written = format_money(amount, self.currency)
        for place in places:
            found = re.search(rf"(?<![\d,.]){re.escape(written)}(?![\d]|[,.]\d)", self.places[place])
            if not found:
                self.missing.append(f"{place} does not show {written}: {self._money_in(place)}")

    def _money_in(self, place: str) -> str:
        """What is written there in money, with the words before it."""
        return " | ".join(re.findall(r"[^£]{0,24}£[\d,.]+", self.places[place]))


@pytest.fixture
def business(db: None) -> Business:
    """One with people: its back office is looked at."""
    return make_business(slug="harbour")


@pytest.mark.parametrize(("inclusive", "rounding"), list(EXPECTED))
def test_the_same_amounts_everywhere(
    inclusive: bool, rounding: str, business: Business, owner: Actor, client: Client
) -> None:
    with tenancy.bind(business.pk):
        change_settings(owner, tax_inclusive=inclusive, tax_rate=D("0.2"), tax_rounding=rounding)
        rates = [RateDraft("VAT", D("0.2")), RateDraft("VAT low", D("0.05"), "reduced")]
        save_zone(owner, name="Home", country="GB", rates=rates)
    make_rate(business, price="3.00")
    mugs = make_product(business, title="Stoneware mug", slug="mug", price="9.99", stock=20)
    books = make_product(business, title="Cook book", slug="book", price="4.45", stock=20)
    with tenancy.bind(business.pk):
        save_tax_item(owner, product_id=books.pk, tax_class="reduced")
        volume = save_list(owner, name="By the dozen", level="sale")
        set_entries(
            owner, list_id=volume.pk,
            entries=[EntryDraft(product_id=mugs.pk, kind="volume", percent=D(5), min_quantity=5)],
        )  # fmt: skip
    make_promotion(business, value="10", name="Ten off everything")
    seen = Seen(business.currency)

    # Before the order.
    shop = "/store/harbour"
    seen.page("list", client, f"{shop}/products/")
    seen.page("product", client, f"{shop}/products/mug/")
    client.post(f"{shop}/cart/add/", {"product": "mug", "quantity": "7"})
    client.post(f"{shop}/cart/add/", {"product": "book", "quantity": "3"})
    seen.page("cart", client, f"{shop}/cart/")
    page = seen.page("checkout", client, f"{shop}/checkout/")
    rate = re.search(r'name="rate" value="([^"]+)" checked', page)
    form = {name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)[1] for name in ("key", "quote")}  # type: ignore[index]
    data = {**ADDRESS, **form, "provider": "sandbox", "rate": rate[1] if rate else ""}
    answer = client.post(f"{shop}/checkout/", data)
    if not Order.unscoped.exists():
        # The rate is chosen once the country is known: the page asks again with the sum of it.
        page = answer.content.decode()
        seen.text("checkout", page)
        form = {name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)[1] for name in ("key", "quote")}  # type: ignore[index]
        client.post(f"{shop}/checkout/", {**data, **form})
    order = reread(Order.unscoped.get())
    total, tax = map(D, EXPECTED[inclusive, rounding])
    assert (order.total, order.tax_total) == (total, tax)
    seen.check(D("9.99"), "list", "product", "cart")
    seen.check(order.subtotal - order.discount_total, "cart")
    # The promotion and the volume price are told apart, with the same two sums at every place.
    ten = AppliedPromotion.unscoped.get(owner_id=order.pk).amount
    reductions = (ten, order.discount_total - ten)
    for reduction in reductions:
        seen.check(reduction, "cart", "checkout")
    seen.check(order.total, "checkout")

    # Paid, four mugs and the books sent, one book back.
    order = pay(order)
    mug_line, book_line = lines_of(order)
    order = ship(order, [(mug_line.pk, 4), (book_line.pk, 3)])
    with tenancy.bind(business.pk):
        refund_order(
            owner, order_id=order.pk, lines=[(book_line.pk, 1)], restock=True, reason="Torn", key="r"
        )
    outbox.drain()
    order = reread(order)
    with tenancy.bind(business.pk):
        refund = OrderRefund.objects.get()
        parcel = order.fulfilments.get()
        papers = {paper.kind: paper for paper in Document.objects.all()}
        lines = {one.account.system_key: D(0) for one in JournalLine.objects.select_related("account")}
        for one in JournalLine.objects.select_related("account"):
            lines[one.account.system_key] += one.debit - one.credit
        mails = " ".join(mail.text + mail.html for mail in Message.objects.all())
        pdfs = {kind: read_document(owner, document=paper).content for kind, paper in papers.items()}
        assert verify_books().findings == []

    # Every sum is the sum of its parts.
    mug_line, book_line = lines_of(order)
    assert sum(line.gross for line in (mug_line, book_line)) + order.shipping_total == total
    assert sum(line.tax for line in (mug_line, book_line)) + order.shipping_tax == tax
    waiting = mug_line.waiting_net + mug_line.waiting_tax
    assert order.paid_total == total == parcel.gross + waiting
    assert {kind: paper.total for kind, paper in papers.items()} == {
        "receipt": total, "invoice": parcel.gross, "credit_note": refund.amount,
    }  # fmt: skip
    assert lines["customer_deposits"] == -waiting
    assert lines["provider_clearing"] == total - refund.amount
    assert -(lines["sales_revenue"] + lines["sales_returns"]) == parcel.lines_net - refund.returns_net
    assert -lines["tax_payable"] == parcel.tax - refund.tax_part
    assert -lines["shipping_income"] == order.shipping_net

    # Afterwards, as people and programs see it.
    sign_in(client, owner_of(business), business)
    seen.page("order page", client, f"{shop}/track/{order.public_token}/")
    seen.page("back office", client, reverse("admin:orders_order_change", args=[order.pk]))
    for kind, paper in papers.items():
        seen.page(kind, client, reverse("admin:invoicing_document_change", args=[paper.pk]))
        reader = PdfReader(io.BytesIO(pdfs[kind]))
        seen.text(f"{kind} pdf", "\n".join(one.extract_text() for one in reader.pages))
    seen.text("mail", mails)
    answer = client.get(f"/api/v1/orders/{order.pk}/", headers={"X-Business": business.slug})
    told = json.loads(answer.content)
    assert (D(told["total"]), D(told["tax_total"]), D(told["paid_total"])) == (total, tax, total)
    assert [D(line["gross"]) for line in told["lines"]] == [mug_line.gross, book_line.gross]
    seen.check(total, "order page", "back office", "receipt", "receipt pdf", "mail")
    seen.check(tax, "order page", "back office")
    for reduction in reductions:
        seen.check(reduction, "order page", "back office", "mail")
    seen.check(parcel.gross, "invoice", "invoice pdf")
    seen.check(parcel.tax, "invoice pdf")
    seen.check(refund.amount, "credit_note", "credit_note pdf", "back office", "mail")
    assert seen.missing == []
