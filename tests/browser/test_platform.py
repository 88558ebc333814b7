"""Every page of who runs the platform, in a real browser: light, dark, desk and phone, as it is and folded open.

The pages come from the resolver: one that is added joins by itself, and one with something in its address asks for a
way to find it below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.kernel import clock
from apps.kernel.models import Delivery, OutboxEvent
from apps.platform.backoffice.platform_area import urls
from apps.platform.businesses.models import Business, Membership
from apps.platform.flags.registry import list_flags
from apps.platform.jobs import services
from apps.platform.jobs.models import DeadTask, JobRun
from monidesk.schedule import synchronise
from tests.browser.conftest import faults_of
from tests.factories.businesses import make_business, make_member
from tests.platform.accounts.test_platform import platform_client

LONG_CAUSE = (
    "Traceback (most recent call last):\n"
    + 4
    * (
        '  File "/srv/monidesk/apps/money/ledger/services/posting.py", line 118, in post_entries_of_a_long_name\n'
    )
    + "ValueError: there is no account for this kind of line, and the sentence is long enough to run over"
)

# Addresses with something in them: how to find one, or None for what only takes a press of a button.
OWN_ADDRESSES: dict[str, Callable[[], list[Any]] | None] = {
    "platform_parked_one": lambda: [
        Delivery.objects.filter(state="dead").order_by("pk").values_list("pk", flat=True)[0]
    ],
    "platform_business": lambda: [Business.objects.get(slug="harbour").pk],
    "platform_do": None,
    "platform_job_do": None,
    "platform_task_do": None,
    "platform_flag_roll_out": None,
    "platform_flag_choose": None,
}
# Addresses without anything in them that are no pages.
BUTTONS = {"platform_stop"}
# The same page in another state.
OTHER_STATES = {
    "platform_home": ["?q=nobody+has+this+name", "?state=suspended"],
    "platform_parked": ["?subscriber=tests.subscriber", "?subscriber=nobody"],
    "platform_tasks": ["?state=retried", "?state=discarded"],
}
OPEN_ALL = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"


@pytest.fixture
def house(transactional_db: None) -> Business:
    """A platform with something on each of its pages, good and bad."""
    synchronise()
    business = make_business(slug="harbour")
    make_member(business, "cashier")
    closed = make_business(slug="closed-shop")
    Business.objects.filter(pk=closed.pk).update(suspended_at=clock.now(), suspension_reason="Asked us to")
    for slug in ("harbour", "closed-shop"):
        _park(Business.objects.get(slug=slug))
    _run("kernel.purge_old_rows", missed=3, error=LONG_CAUSE)
    _run("kernel.dispatch_outbox", result="12")
    for number, (kind, state) in enumerate([("failed", "open"), ("lost", "open"), ("failed", "retried")]):
        DeadTask.objects.create(
            fingerprint=str(number), kind=kind, state=state, task="media.make_renditions", task_id=str(number),
            args=[str(business.pk), {"a long argument": "with-a-word-that-cannot-be-broken" * 3}],
            is_whole=number != 1, error=LONG_CAUSE,
        )  # fmt: skip
    return business


def _park(business: Business) -> None:
    event = OutboxEvent.objects.create(
        business_id=business.pk, name="tests.happened", version=1, owner=f"order:{business.pk}",
        payload={"order_id": str(business.pk), "lines": [{"sku": "MUG-MOSS-350", "quantity": 2}]},
    )  # fmt: skip
    Delivery.objects.create(
        event=event, business_id=business.pk, subscriber="tests.subscriber", owner=event.owner, state="dead",
        attempts=12, last_error=LONG_CAUSE,
    )  # fmt: skip


def _run(job: str, **how: Any) -> None:
    run_id = services.claim_run(job, job, clock.now(), missed=how.pop("missed", 0))
    services.start_run(str(run_id), again=False)
    services.end_run(str(run_id), **how)
    assert JobRun.objects.get(pk=run_id).ended_at is not None


def addresses() -> Iterator[tuple[str, str]]:
    """Each page of the area: a name for the report, and the address."""
    for pattern in urls.urlpatterns:
        name = str(pattern.name)
        if not pattern.pattern.converters:
            if name in BUTTONS:
                continue
            for state in ("", *OTHER_STATES.get(name, [])):
                yield f"{name}{state}", reverse(name) + state
        elif (find := OWN_ADDRESSES[name]) is not None:
            yield name, reverse(name, args=find())


@pytest.fixture
def root(open_browser: Callable[..., Page], house: Business, site: Any) -> Page:
    """The platform's administrator at the desk, two steps signed in."""
    page = open_browser("desk")
    session = platform_client().cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    return page


def test_every_address_is_a_page_or_a_button(house: Business) -> None:
    """What this file says is left out must be what takes no visit."""
    client = platform_client()
    known = {str(pattern.name) for pattern in urls.urlpatterns}
    assert {*OWN_ADDRESSES, *BUTTONS, *OTHER_STATES} <= known
    for name in [*BUTTONS, *(name for name, find in OWN_ADDRESSES.items() if find is None)]:
        pattern = next(one for one in urls.urlpatterns if one.name == name)
        fill = {"IntConverter": 1, "SlugConverter": "x", "UUIDConverter": house.pk, "StringConverter": "x"}
        args = {key: fill[type(one).__name__] for key, one in pattern.pattern.converters.items()}
        assert client.get(reverse(name, kwargs=args)).status_code == 405, name
    assert {client.get(address).status_code for _name, address in addresses()} == {200}


def test_every_page_of_the_platform(root: Page) -> None:
    faults = {}
    for name, address in addresses():
        answer = root.goto(address)
        assert answer is not None
        assert answer.status == 200, name
        found = faults_of(root)
        # What lies in folds is a part of the page that a plain visit does not show.
        root.evaluate(OPEN_ALL)
        found += [f"open: {one}" for one in faults_of(root)]
        if found:
            faults[name] = sorted(set(found))
    assert faults == {}


def test_what_comes_after_a_press(root: Page, house: Business) -> None:
    """The page before a replay, refused forms and what was said after something was done."""
    faults: dict[str, list[str]] = {}

    def look(name: str) -> None:
        root.evaluate(OPEN_ALL)
        if found := faults_of(root):
            faults[name] = found

    root.goto("/platform/events/parked/")
    root.get_by_role("checkbox").first.check()
    root.get_by_role("button", name="Deliver chosen events again").click()
    expect(root.get_by_role("heading", level=1)).to_have_text("Deliver parked events again")
    look("before a replay")
    root.locator("main .acc-card form button").click()
    expect(root.locator("main")).to_contain_text("Parked events")
    look("after a replay")

    root.goto(reverse("platform_business", args=[house.pk]))
    root.get_by_text("Suspend the business", exact=True).first.click()
    root.get_by_role("button", name="Suspend the business").click()
    expect(root.locator(".acc-error").first).to_be_visible()
    look("a refused suspension")

    root.goto("/platform/flags/")
    flag = list_flags()[0]
    root.locator(f"[name='{flag.name}-percent']").fill("300")
    root.get_by_role("button", name="Change for all").first.click()
    expect(root.locator(".acc-error").first).to_be_visible()
    look("a refused share")

    root.goto("/platform/schedule/")
    root.locator("summary", has_text="Switch it off").first.click()
    root.get_by_role("button", name="Switch it off").first.click()
    expect(root.locator("body")).to_contain_text("The job is switched off.")
    look("a job switched off")
    assert faults == {}


def test_a_platform_with_nothing_on_it(
    open_browser: Callable[..., Page], transactional_db: None, site: Any
) -> None:
    """The empty states."""
    page = open_browser("desk")
    session = platform_client().cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    faults = {}
    for pattern in urls.urlpatterns:
        if pattern.pattern.converters or pattern.name in BUTTONS:
            continue
        page.goto(reverse(str(pattern.name)))
        if found := faults_of(page):
            faults[str(pattern.name)] = found
    assert faults == {}
    assert Membership.unscoped.count() == 0
