"""Every page of the back office and of signing in, in a real browser: light, dark, desk and phone.

Lists, details and verbs come from the registry: a page that is added joins by itself, and one that has no row to
show asks for it in `furnished.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.goods.catalog.models import Product, Variant
from apps.goods.imports.models import ImportJob
from apps.goods.purchasing.models import PurchaseOrder
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.models import AuditEntry, Delivery
from apps.kernel.permissions import expand
from apps.money.ledger.models import JournalEntry, JournalLine
from apps.people.customers.models import Customer
from apps.platform.backoffice import nav, pages
from apps.platform.backoffice.admin import TenantModelAdmin
from apps.platform.backoffice.sites import site as back_office
from apps.platform.backoffice.verbs import list_verb_url, verb_url
from apps.platform.businesses.invitations import invitation_url
from apps.platform.businesses.models import Business, Membership, Role
from apps.selling.orders.models import Fulfilment, Order
from apps.selling.orders.models.order import TO_SHIP
from apps.selling.shipping.models import ShippingRate
from tests.browser.conftest import SIZES, faults_of, grave_findings, turn
from tests.browser.furnished import furnish
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in
from tests.goods.imports.files import MUG, as_csv

# Pages of one's own with something in their address: how to find one, or None for what is no page but a part
# of one, or a file.
OWN_PAGES: dict[str, Callable[[], list[Any]] | None] = {
    "imports_progress": None,
    "stock_lot_customers": None,
    "stock_transfer_note": None,
    "imports_rejected": None,
    "orders_refund_preview": None,
    "orders_amend_preview": None,
    "invoicing_download": None,
    "audit_entry": lambda: AuditEntry.objects.order_by("-sequence").values_list("pk", flat=True)[:1],
    "audit_archive": None,
    "privacy_download": None,
    "ledger_statement": lambda: JournalLine.objects.values_list("account_id", flat=True)[:1],
    "payments_rotate_secret": lambda: ["sandbox"],
    "event_delivery": lambda: Delivery.objects.filter(state="dead").values_list("pk", flat=True)[:1],
    "media_of": lambda: ["orders.order", Order.objects.order_by("pk").values_list("pk", flat=True)[0]],
    "media_do": None,
    "product_pictures": lambda: Product.objects.filter(slug="shirt").values_list("pk", flat=True)[:1],
    "product_pictures_do": None,
    "garments_begin": lambda: _garment_products(),
    "garments_variants": lambda: _garment_products(),
    "garments_stock": lambda: _garment_products(),
    "garments_order": lambda: _garment_products(),
    "garments_receive": lambda: PurchaseOrder.objects.filter(
        state__in=["sent", "part_received"], lines__variant__product__slug="quay-shirt"
    ).values_list("pk", flat=True)[:1],
    "portrait": None,
    "pricing_tax_item": lambda: Product.objects.filter(slug="shirt").values_list("pk", flat=True)[:1],
    "pricing_customer_tax": lambda: Customer.objects.values_list("pk", flat=True)[:1],
    "promotions_codes": None,
    "shipping_customs": None,
    "shipping_goods_of_product": lambda: Product.objects.filter(slug="shirt").values_list("pk", flat=True)[
        :1
    ],
    "shipping_goods_of_variant": lambda: Variant.objects.filter(product__slug="shirt").values_list(
        "pk", flat=True
    )[:1],
    "shipping_label": lambda: Fulfilment.objects.filter(state="shipped").values_list("pk", flat=True)[:1],
    "saved_views": lambda: ["orders", "order"],
    "receivables_statement": None,
    "shipping_pack": lambda: Order.objects.filter(TO_SHIP).values_list("pk", flat=True)[:1],
}


def _garment_products() -> list[Any]:
    return list(Product.objects.filter(slug="quay-shirt").values_list("pk", flat=True))


# The walk is cut up, so that several processes can share it.
PARTS = 3
UNSEEN = "no row shows this"
# Stands on every page; looked at once.
MENU = "#nav-sidebar"


@pytest.fixture
def house(transactional_db: None) -> Business:
    business = make_business()
    furnish(business)
    return business


@pytest.fixture
def desk(open_browser: Callable[..., Page]) -> Iterator[Page]:
    """A stranger's page at the desk; what it asks for must be there."""
    page = open_browser("desk")
    failed: list[str] = []
    page.on(
        "response",
        lambda answer: failed.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
    )
    page.on("requestfailed", lambda request: failed.append(f"{request.failure} {request.url}"))
    yield page
    assert failed == []


def enter(page: Page, business: Business, address: str) -> Page:
    """Sign the business's owner in on this page; `address` is the server's."""
    session = sign_in(Client(), owner_of(business), business).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    return page


@pytest.fixture
def staff_desk(desk: Page, house: Business, site: Any) -> Page:
    """The same page for the furnished business's owner."""
    return enter(desk, house, site.url)


def registered_pages() -> Iterator[tuple[str, str]]:
    """The menu, and the pages of one's own: a name for the report, and the address."""
    for item in nav._items:
        yield f"menu {item.label}", item.address()
    for entry in pages._pages:
        if "<" not in entry.route:
            yield entry.name, f"/admin/{entry.route}"
        elif (find := OWN_PAGES[entry.name]) is not None:
            yield entry.name, reverse(f"admin:{entry.name}", args=find())


def registered_lists(actor: Actor) -> Iterator[tuple[str, str]]:
    """Each list with its first view and with all rows, the verbs of lists, details and their verbs."""
    for model, model_admin in back_office._registry.items():
        name = model._meta.label_lower
        home = reverse(f"admin:{name.replace('.', '_')}_changelist")
        yield f"{name} list", home
        rows = list(model._default_manager.all()[:40])
        if not rows:
            yield name, UNSEEN
            continue
        yield f"{name} detail", model_admin.row_url(rows[0])
        for verb in model_admin.list_verbs:
            if verb().is_available(actor, None):
                yield f"{name} {verb.name}", list_verb_url(model, verb.name)
        yield from row_verbs(actor, model_admin, name, rows)


def row_verbs(
    actor: Actor, model_admin: TenantModelAdmin, name: str, rows: list[Any]
) -> Iterator[tuple[str, str]]:
    """Each verb at the first row that offers it, and that row's own page."""
    shown = {rows[0].pk}
    for verb in model_admin.verbs:
        row = next((row for row in rows if verb().is_available(actor, row)), None)
        if row is None:
            yield f"{name} {verb.name}", UNSEEN
            continue
        if row.pk not in shown:
            shown.add(row.pk)
            yield f"{name} detail for {verb.name}", model_admin.row_url(row)
        yield f"{name} {verb.name}", verb_url(row, verb.name)


def addresses(house: Business) -> dict[str, str]:
    """Every page once, by address."""
    actor = actor_of(house)
    with tenancy.bind(house.pk):
        found = [*registered_pages(), *registered_lists(actor)]
    assert [name for name, address in found if address == UNSEEN] == [], "Furnish a row for each."
    return {address: name for name, address in found}


def walk(page: Page, addresses: dict[str, str], *, exclude: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """The faults of each page, by its name."""
    faults = {}
    for address, name in addresses.items():
        page.goto(address)
        faults[name] = faults_of(page, exclude=exclude)
    return {name: found for name, found in faults.items() if found}


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_of_the_back_office(staff_desk: Page, house: Business, part: int) -> None:
    everything = addresses(house)
    assert len(everything) > 100
    mine = dict(list(everything.items())[part::PARTS])
    assert walk(staff_desk, mine, exclude=(MENU,)) == {}


def test_what_opens_on_a_page(staff_desk: Page, house: Business) -> None:
    """Menus, filters, the palette and a refused form are parts that a plain visit does not show."""
    page = staff_desk
    page.goto("/admin/orders/order/?tab=all")
    page.get_by_role("button", name="Filters").click()
    found = faults_of(page)  # the menu that every page has is looked at here
    page.goto("/admin/orders/order/")
    page.keyboard.press("Control+k")
    page.get_by_role("searchbox", name="Type to search").press_sequentially("1002")
    expect(page.get_by_role("link", name="Order 1002")).to_be_visible()
    found += faults_of(page)
    page.goto("/admin/")
    page.locator(".mdk-person__button").click()
    found += faults_of(page)
    page.set_viewport_size(SIZES["phone"])
    page.get_by_role("button", name="Open menu").click()
    page.locator("[data-section=Money] summary").click()
    expect(page.get_by_role("link", name="Trial balance")).to_be_visible()
    found += [f"menu on a phone: {one}" for one in grave_findings(page)]
    assert found == []


def test_a_refused_form_keeps_its_page_whole(
    open_browser: Callable[..., Page], house: Business, site: Any
) -> None:
    page = enter(open_browser("desk"), house, site.url)
    found = []
    for model in (Product, JournalEntry, ShippingRate, Membership):
        verb = back_office._registry[model].list_verbs[0]
        page.goto(list_verb_url(model, verb.name))
        page.locator("[data-submit-once]").click()
        expect(page.locator(".mdk-error, .mdk-note--bad").first).to_be_visible()
        found += faults_of(page, exclude=(MENU,))
    assert found == []


def test_what_somebody_else_saved_meanwhile_is_told_on_every_screen(
    open_browser: Callable[..., Page], house: Business, site: Any
) -> None:
    page = enter(open_browser("phone", "dark"), house, site.url)
    # The longest words that such a page quotes: nothing in them can be broken by itself.
    title = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 2
    with tenancy.bind(house.pk):
        shirt = Product.objects.get(slug="shirt")
        role = Role.objects.get(code="manager")
    fewer = sorted(expand(role.permissions) - {"orders.read"})
    changes: dict[str, Callable[[], Any]] = {
        verb_url(shirt, "edit"): lambda: Product.objects.filter(pk=shirt.pk).update(title=title),
        "/admin/settings/": lambda: Business.objects.filter(pk=house.pk).update(name=title),
        f"/admin/businesses/role/{role.pk}/": lambda: Role.objects.filter(pk=role.pk).update(
            permissions=fewer
        ),
    }
    found = []
    for address, change in changes.items():
        page.goto(address)
        with tenancy.bind(house.pk):
            change()
        page.locator("main form[method=post] button[data-submit-once]").first.click()
        note = page.locator(".mdk-note--bad").first
        expect(note).to_contain_text("Somebody else")
        # What is wrong is seen without looking for it.
        expect(note).to_be_in_viewport()
        found += faults_of(page, exclude=(MENU,))
        page.set_viewport_size(SIZES["phone"])
        turn(page, "dark")
    assert found == []


def test_choosing_a_file_breaks_nothing(staff_desk: Page) -> None:
    staff_desk.goto(list_verb_url(ImportJob, "upload"))
    staff_desk.get_by_label("File").set_input_files(
        {"name": "products.csv", "mimeType": "text/csv", "buffer": as_csv(MUG)}
    )
    staff_desk.get_by_role("button", name="Upload the file").click()
    expect(staff_desk.get_by_role("heading", level=1)).to_contain_text("Match columns")


def test_every_page_before_the_back_office(desk: Page, house: Business) -> None:
    with tenancy.bind(house.pk):
        invited = Membership.objects.select_related("user").get(status="invited")
        order = Order.objects.filter(payment_state="paid").order_by("pk")[0]
    person = owner_of(house)
    key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    pages = {
        "/": "landing",
        reverse("account_login"): "sign in",
        reverse("account_signup"): "sign up",
        reverse("account_reset_password"): "forgotten password",
        reverse("account_reset_password_done"): "reset on its way",
        reverse("account_reset_password_from_key_done"): "reset done",
        reverse("account_reset_password_from_key", kwargs=key): "new password",
        urlsplit(invitation_url(invited)).path: "invitation",
        f"/documents/{order.public_token}/": "documents for the buyer",
    }
    assert walk(desk, pages) == {}


def test_the_page_of_the_api(desk: Page, transactional_db: None) -> None:
    desk.goto("/api/v1/docs/")
    # A process writes the document when it is first asked for, which takes seconds.
    expect(desk.locator(".opblock").first).to_be_visible(timeout=30_000)
    # The library's own: a row that opens has a small link and a copy button inside.
    own = ("opblock-summary-control", "target-size", "Copy path to clipboard")
    assert [one for one in faults_of(desk) if not any(name in one for name in own)] == []


def test_a_section_of_the_menu_stays_as_it_is_left(staff_desk: Page, site: Any) -> None:
    home = f"{site.url}/admin/"
    staff_desk.goto(home)
    money = staff_desk.locator("[data-section=Money]")
    ledger = money.get_by_role("link").first
    expect(ledger).not_to_be_visible()
    money.locator("summary").click()
    expect(ledger).to_be_visible()
    staff_desk.goto(home)
    expect(money.get_by_role("link").first).to_be_visible()
    money.locator("summary").click()
    staff_desk.goto(home)
    expect(money.get_by_role("link").first).not_to_be_visible()
