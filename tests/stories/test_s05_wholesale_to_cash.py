"""S5: sixty kaftans on account, over the limit, sent in two parcels, paid in part, and reminded of. To the kobo.

Everything is done on the pages that buyer and staff use, but for the goods and prices they find there. The invoice as
an EN 16931 file is not part of it yet.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from apps.goods.catalog.drafts import VariantDraft
from apps.goods.catalog.models import Variant
from apps.goods.catalog.services import create_product
from apps.goods.inventory.models import StockBalance
from apps.kernel import clock, outbox, tenancy
from apps.money.invoicing.models import Document
from apps.money.ledger.models import Account
from apps.money.ledger.selectors import balance_of
from apps.money.ledger.verification import verify_books
from apps.money.receivables.models import Receivable
from apps.money.receivables.tasks import send_reminders
from apps.people.customers.models import Company
from apps.platform.backoffice.verbs import list_verb_url, verb_url
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.orders.models import Order
from apps.selling.orders.services import expire_order
from apps.selling.orders.tasks import expire_due_orders
from apps.selling.pricing.services import save_list, set_entries
from apps.selling.pricing.services.entries import EntryDraft
from tests.factories.businesses import make_business, make_member, make_user, owner_of, sign_in
from tests.factories.customers import make_customer
from tests.factories.goods import stock_up, variants_of
from tests.factories.orders import lines_of, make_rate, reread, system_of

pytestmark = [pytest.mark.story(5), pytest.mark.django_db]
D = Decimal
MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
SIZES, COLOURS = ("S", "M", "L"), ("Indigo", "Rust")
AT_LAGOS = {
    "name": "Bisi Ade", "line1": "1 Marina", "city": "Lagos", "postcode": "101001", "country": "NG",
    "email": "bisi@adire.example.com",
}  # fmt: skip


@pytest.fixture
def standing_clock() -> Iterator[None]:
    with clock.travel(MONDAY):
        yield


@pytest.fixture
def lagos(standing_clock: None, db: None) -> Business:
    business = make_business(
        "Lagos Linen", currency="NGN", country="NG", tax_rate=D("0.075"), tax_inclusive=False, tax_name="VAT",
        time_zone="Africa/Lagos",
    )  # fmt: skip
    make_rate(business, price="0.00", name="Collected at the shop")
    return business


@pytest.fixture
def kaftans(lagos: Business) -> dict[str, Variant]:
    """Two colours in three sizes, twelve of each, at 18,000; the contract is agreed with the customer."""
    product = create_product(
        system_of(lagos),
        title="Adire kaftan",
        options=["Colour", "Size"],
        variants=[
            VariantDraft(price=D(18000), cost=D(6000), option_values=[colour, size])
            for colour in COLOURS
            for size in SIZES
        ],
        status="active",
        published=True,
    )
    variants = variants_of(product)
    stock_up(lagos, [one.pk for one in variants], 12)
    return {f"{one.option_values[0]} {one.option_values[1]}": one for one in variants}


def press(staff: Client, url: str, **fields: Any) -> None:
    """Press a button of the back office and see it done."""
    answer = staff.post(url, fields)
    assert answer.status_code == 302, re.findall(
        r'class="mdk-error">([^<]+)|alert">(.+?)</div', answer.content.decode(), re.DOTALL
    )
    outbox.drain()


def books(business: Business) -> dict[str, Decimal]:
    outbox.drain()
    with tenancy.bind(business.pk):
        assert verify_books().findings == []
        keys = Account.objects.exclude(system_key="").values_list("system_key", flat=True)
        return {key: amount for key in keys if (amount := balance_of(key))}


def aged(staff: Client, day: dt.date) -> list[str]:
    """The company's row of the ageing page as a spreadsheet gets it: five buckets, credit, total."""
    answer = staff.get(
        reverse("admin:receivables_report"), {"report": "ageing", "to": day.isoformat(), "format": "csv"}
    )
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return next((row[1:8] for row in rows if row[0] == "Adire House Ltd"), [])


def words_of(content: bytes) -> str:
    return " ".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def a_company(lagos: Business, staff: Client) -> Company:
    """Staff write down what was agreed: thirty days, 800,000, the number of their own order with each."""
    press(
        staff, list_verb_url(Company, "new"), name="Adire House Ltd", tax_number="NG-123", terms_days="30",
        email="accounts@adire.example.com", line1="7 Broad Street", city="Lagos", country="NG",
        credit_limit="800000", least_order="100000", po_required="on",
    )  # fmt: skip
    company: Company = Company.unscoped.get()
    customer = make_customer(lagos, email="bisi@adire.example.com", name="Bisi Ade")
    bisi = make_user("bisi@adire.example.com", display_name="Bisi Ade")
    EmailAddress.objects.filter(user=bisi).update(verified=True)
    with tenancy.bind(lagos.pk):
        contract = save_list(
            system_of(lagos),
            name="Adire contract",
            level="contract",
            customer_id=customer.pk,
            reference="2026/7",
        )
        set_entries(
            system_of(lagos),
            list_id=contract.pk,
            entries=[
                EntryDraft(product_id=Variant.objects.all()[0].product_id, price=D(14500)),
                EntryDraft(kind="volume", percent=D(5), min_quantity=8),
            ],
        )
    press(staff, verb_url(company, "join"), email="bisi@adire.example.com")
    return company


def orders_in_the_store(lagos: Business, kaftans: dict[str, Variant], po_number: str) -> tuple[Client, Any]:
    """She signs in, types ten of each into the grid, and sends the checkout on account."""
    from apps.platform.accounts.models import User

    buyer = sign_in(Client(), User.objects.get(email="bisi@adire.example.com"))
    shop = f"/store/{lagos.slug}/"
    slug = next(iter(kaftans.values())).product.slug
    page = buyer.get(f"{shop}products/{slug}/").content.decode()
    cells = re.findall(r'name="(piece_[0-9a-f-]+)"', page)
    assert len(cells) == 6
    assert "piece_" not in Client().get(f"{shop}products/{slug}/").content.decode()
    assert buyer.post(f"{shop}cart/matrix/", {"product": slug}).status_code == 400
    put = buyer.post(f"{shop}cart/matrix/", {"product": slug, **dict.fromkeys(cells, "10")})
    assert put.status_code == 302
    page = buyer.get(f"{shop}checkout/").content.decode()
    assert "Adire House Ltd pays the invoice within 30 days." in page
    assert "₦888,487.50" in page
    fields = dict(re.findall(r'name="(key|quote)"[^>]*value="([^"]*)"', page))
    rate = re.findall(r'name="rate" value="([^"]+)"', page)[0]
    form = {**fields, **AT_LAGOS, "rate": rate, "provider": "on_account", "po_number": po_number}
    return buyer, buyer.post(f"{shop}checkout/", form)


def test_sixty_kaftans_from_the_grid_to_the_statement(lagos: Business, kaftans: dict[str, Variant]) -> None:
    staff = sign_in(Client(), owner_of(lagos), lagos)
    company = a_company(lagos, staff)

    # Without her own number it is refused in words, with it it stops at the limit.
    _buyer, refused = orders_in_the_store(lagos, kaftans, "")
    assert refused.status_code == 400
    assert "Enter the number of your own purchase order." in refused.content.decode()
    assert not Order.unscoped.exists()
    buyer, sent = orders_in_the_store_again(lagos, _buyer)
    assert sent.status_code == 302
    outbox.drain()
    order = Order.unscoped.get()
    assert (order.state, order.payment_state, order.over_limit_by) == ("placed", "on_terms", D("88487.50"))
    assert (order.total - order.tax_total, order.tax_total, order.total) == (
        D("826500.00"), D("61987.50"), D("888487.50"),
    )  # fmt: skip
    assert (order.po_number, order.terms_days, order.company_id) == ("PO-77", 30, company.pk)
    page = staff.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert "over limit by ₦88,487.50" in page
    assert "₦88,487.50" in staff.get("/admin/").content.decode()
    assert "The shop takes it on next" in buyer.get(sent["Location"]).content.decode()
    with tenancy.bind(lagos.pk):
        assert sum(StockBalance.objects.values_list("reserved", flat=True)) == 60

    # It neither expires nor goes; who may not approve does not, and nobody confirms it past the approver.
    with clock.travel(dt.timedelta(days=9)):
        assert expire_due_orders() == 0
        assert expire_order(system_of(lagos), order_id=order.pk) is False
    cells = {f"line_{line.pk}": "1" for line in lines_of(order)}
    assert staff.post(verb_url(order, "ship"), cells).status_code == 409
    assert staff.post(verb_url(order, "confirm")).status_code == 409
    sales = sign_in(Client(), make_member(lagos, "sales"), lagos)
    assert sales.post(verb_url(order, "approve")).status_code == 403
    press(staff, verb_url(order, "approve"))
    assert (reread(order).state, reread(order).payment_state) == ("confirmed", "on_terms")

    # Forty leave: three sizes of indigo, and S of rust.
    first = {f"line_{line.pk}": str(10 if n < 4 else 0) for n, line in enumerate(lines_of(order))}
    press(staff, verb_url(order, "ship"), **first)
    (one,) = Receivable.unscoped.all()
    assert (one.amount, one.issued_on, one.due_on) == (D("592325.00"), MONDAY.date(), dt.date(2026, 4, 1))
    # Two sizes of the rest are changed for her: M 8, L 12 instead of 10 and 10. Its worth stays.
    rust_m, rust_l = lines_of(order)[4:]
    edit = {f"line_{line.pk}": str(line.quantity) for line in lines_of(order)}
    press(
        staff,
        verb_url(order, "amend"),
        **{**edit, f"line_{rust_m.pk}": "8", f"line_{rust_l.pk}": "12", "version": "1"},
    )
    assert (reread(order).version, reread(order).total) == (2, D("888487.50"))
    with clock.travel(dt.timedelta(days=7)):
        press(
            staff,
            verb_url(order, "ship"),
            **{**dict.fromkeys(first, "0"), f"line_{rust_m.pk}": "8", f"line_{rust_l.pk}": "12"},
        )
        press(staff, verb_url(order, "deliver"))
    one, two = Receivable.unscoped.order_by("issued_on")
    assert (two.amount, two.due_on) == (D("296162.50"), dt.date(2026, 4, 8))
    assert one.amount + two.amount == reread(order).total
    assert reread(order).state == "confirmed"  # the money is open
    papers = list(Document.unscoped.order_by("issued_at"))
    assert [paper.kind for paper in papers] == [
        "invoice",
        "invoice",
    ]  # nothing came in, so nobody has a receipt
    paper = words_of(b"".join(staff.get(reverse("admin:invoicing_download", args=[papers[0].pk]))))
    for printed in ("Adire House Ltd", "NG-123", "PO-77", "1 April 2026", "₦592,325.00"):
        assert printed in paper

    mailed = Message.unscoped.filter(template="invoice_issued").values_list("to", "subject")
    assert set(mailed) == {
        ("accounts@adire.example.com", f"Invoice INV-0000{number} from Lagos Linen") for number in (1, 2)
    }

    now = books(lagos)
    assert (now["receivables"], now["sales_revenue"], now["tax_payable"]) == (
        D("888487.50"), D("-826500.00"), D("-61987.50"),
    )  # fmt: skip
    assert "customer_deposits" not in now

    # 300,000 of the first come in; more than is open is refused and leaves no trace.
    pay = {"way": "bank", "reference": "TRF 991", "received_on": "2026-03-09"}
    with clock.travel(dt.timedelta(days=7)):
        over = staff.post(verb_url(company, "pay"), {**pay, "amount": "888487.51"})
        assert over.status_code == 409
        assert "Only ₦888,487.50 is open." in over.content.decode()
        press(staff, verb_url(company, "pay"), **pay, amount="300000", **{f"part_{one.pk}": "300000"})
    now = books(lagos)
    assert (now["bank"], now["receivables"]) == (D("300000.00"), D("588487.50"))

    # What is open of the first walks through the buckets as the days go by; the past stays what it was.
    rest, second = "292325.00", "296162.50"
    for day, buckets in {
        dt.date(2026, 3, 8): ["592325.00", "0.00", "0.00", "0.00", "0.00"],
        dt.date(2026, 3, 9): ["588487.50", "0.00", "0.00", "0.00", "0.00"],
        dt.date(2026, 4, 1): ["588487.50", "0.00", "0.00", "0.00", "0.00"],
        dt.date(2026, 4, 2): [second, rest, "0.00", "0.00", "0.00"],
        dt.date(2026, 5, 1): ["0.00", "588487.50", "0.00", "0.00", "0.00"],
        dt.date(2026, 5, 2): ["0.00", second, rest, "0.00", "0.00"],
        dt.date(2026, 6, 1): ["0.00", "0.00", second, rest, "0.00"],
        dt.date(2026, 7, 1): ["0.00", "0.00", "0.00", second, rest],
    }.items():
        row = aged(staff, day)
        assert row[:5] == buckets, day
        with tenancy.bind(lagos.pk):
            assert D(row[6]) == balance_of("receivables", day), day

    # Reminders: the first day after, two weeks, a month; each once. Who has paid hears nothing more.
    sent_on = {}
    for days in range(29, 50):
        with clock.travel(dt.timedelta(days=days)):
            for _again in range(2):
                send_reminders()
        for mail in Message.unscoped.filter(template="invoice_reminder"):
            sent_on.setdefault(mail.pk, (days, mail.to, mail.subject))
    said = [(days, subject.split(" from")[0]) for days, _to, subject in sent_on.values()]
    assert said == [
        (31, "Reminder: invoice INV-00001"),
        (38, "Reminder: invoice INV-00002"),
        (44, "Reminder 2: invoice INV-00001"),
    ]
    assert {to for _days, to, _subject in sent_on.values()} == {"accounts@adire.example.com"}
    with clock.travel(dt.timedelta(days=50)):
        press(staff, verb_url(company, "pay"), amount=second, way="cash", received_on="2026-04-21",
              **{f"part_{two.pk}": second})  # fmt: skip
        send_reminders()
        # It did not stand: the invoice is open again, and so is the order.
        (cash,) = company.settlements(manager="unscoped").filter(way="cash")
        press(staff, verb_url(company, "unpay"), settlement_id=str(cash.pk), reason="Counted twice")
        assert books(lagos)["receivables"] == D("588487.50")
        press(staff, verb_url(company, "pay"), amount=second, way="bank", received_on="2026-04-21",
              **{f"part_{two.pk}": second})  # fmt: skip
        send_reminders()
    assert Message.unscoped.filter(template="invoice_reminder").count() == 3

    # The statement closes with what the books say is open.
    with clock.travel(dt.timedelta(days=51)):
        asked = staff.post(verb_url(company, "statement"), {"start": "2026-03-01", "end": "2026-04-22"})
        statement = staff.get(asked["Location"])
    assert statement["Content-Type"] == "application/pdf"
    told = words_of(statement.content)
    assert "Closing balance ₦292,325.00" in told
    for printed in (
        "Opening balance ₦0.00",
        "INV-00001",
        "INV-00002",
        "TRF 991",
        "Payment taken back",
        "PO-77",
    ):
        assert printed in told
    assert books(lagos)["receivables"] == D(rest)

    # The last of it: the order is paid and closed, and the company has its room again.
    with clock.travel(dt.timedelta(days=52)):
        press(staff, verb_url(company, "pay"), amount=rest, way="bank", received_on="2026-04-23")
    done = reread(order)
    assert (done.state, done.payment_state, done.settled_total) == ("closed", "paid", D("888487.50"))
    assert "receivables" not in books(lagos)
    assert aged(staff, dt.date(2026, 4, 23)) == []
    page = staff.get(reverse("admin:customers_company_change", args=[company.pk])).content.decode()
    assert "₦800,000.00 is left." in page


def orders_in_the_store_again(lagos: Business, buyer: Client) -> tuple[Client, Any]:
    """The checkout once more, with her number."""
    way = f"/store/{lagos.slug}/checkout/"
    page = buyer.get(way).content.decode()
    fields = dict(re.findall(r'name="(key|quote)"[^>]*value="([^"]*)"', page))
    rate = re.findall(r'name="rate" value="([^"]+)"', page)[0]
    form = {**fields, **AT_LAGOS, "rate": rate, "provider": "on_account", "po_number": "PO-77"}
    return buyer, buyer.post(way, form)
