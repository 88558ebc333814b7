"""Alerts in the browser, in a real one: asked for, turned on, shown, and touched.

Chromium gets its subscriptions from Google, which a test cannot reach; so `subscribe` answers with keys of a browser
of ours. All else is real: the permission, the worker under the page's policy, the push event, the notification.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from apps.platform.businesses.models import Business
from apps.platform.notifications.models import PushDevice
from tests.browser.conftest import grave_findings, runs_over
from tests.browser.test_back_office import enter
from tests.factories.businesses import make_business, owner_of
from tests.platform.notifications.browsers import SomeBrowser
from tests.platform.notifications.carriers import Carrier, carrier

SUBSCRIBE = """
PushManager.prototype.subscribe = function (options) {
  const key = options.applicationServerKey;
  const made = {
    endpoint: "%(endpoint)s",
    options: { applicationServerKey: key.buffer || key },
    unsubscribe: async () => true,
    toJSON: () => (%(told)s),
  };
  sessionStorage.setItem("subscribed", "1");
  PushManager.prototype.getSubscription = async () => made;
  return Promise.resolve(made);
};
const none = PushManager.prototype.getSubscription;
PushManager.prototype.getSubscription = async function () {
  if (!sessionStorage.getItem("subscribed")) return none.call(this);
  const key = document.querySelector("[data-push]").dataset.key.replace(/-/g, "+").replace(/_/g, "/");
  return {
    endpoint: "%(endpoint)s",
    options: { applicationServerKey: Uint8Array.from(atob(key), (sign) => sign.charCodeAt(0)).buffer },
  };
};
"""


@pytest.fixture
def push(settings: Any) -> Iterator[Carrier]:
    with carrier() as found:
        settings.PUSH_HOSTS = [urlsplit(found.url).netloc]
        found.says(201)
        yield found


PAGE = "/admin/me/alerts/"


def shows(page: Page, state: str) -> None:
    """The page shows this state alone, once it has looked."""
    expect(page.locator("[data-push-state]:visible")).to_have_count(1)
    expect(page.locator("[data-push-state]:visible")).to_have_attribute("data-push-state", state)


@pytest.fixture
def shop(transactional_db: None) -> Business:
    return make_business()


def staff(open_browser: Callable[..., Page], shop: Business, site: Any, *args: str) -> Page:
    return enter(open_browser(*args), shop, site.url)


def test_turned_on_shown_and_touched(
    open_browser: Callable[..., Page], shop: Business, site: Any, push: Carrier
) -> None:
    browser, endpoint = SomeBrowser(), f"{push.url}/send/chromium"
    page = staff(open_browser, shop, site, "desk")
    page.context.grant_permissions(["notifications"], origin=site.url)
    told = json.dumps({"endpoint": endpoint, "keys": browser.keys})
    page.add_init_script(SUBSCRIBE % {"endpoint": endpoint, "told": told})
    page.goto(PAGE)
    shows(page, "off")
    page.get_by_role("button", name="Tell me in this browser").click()
    expect(page.get_by_text("This browser is told of alerts from now on.")).to_be_visible()
    shows(page, "on")
    assert PushDevice.unscoped.get().endpoint == endpoint
    expect(page.get_by_text("this one", exact=True)).to_be_visible()
    assert grave_findings(page) == []

    page.get_by_role("button", name="Send a test to Chrome, Linux").click()
    expect(page.get_by_text("The test was handed over.")).to_be_visible()
    words = browser.open(push.asked[0].body).decode()

    devtools = page.context.new_cdp_session(page)
    registrations: list[dict[str, Any]] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated", lambda told: registrations.extend(told["registrations"])
    )
    devtools.send("ServiceWorker.enable")
    ours = None
    for _turn in range(100):
        ours = next((one for one in registrations if one["scopeURL"] == f"{site.url}/push/"), None)
        if ours is not None:
            break
        page.wait_for_timeout(100)
    assert ours is not None, registrations
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": site.url, "registrationId": ours["registrationId"], "data": words},
    )
    notice = page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.getRegistration("/push/worker.js");
            for (let turn = 0; turn < 50; turn += 1) {
                const [one] = await registration.getNotifications();
                if (one) return { title: one.title, body: one.body, url: one.data.url, tag: one.tag };
                await new Promise((resolve) => setTimeout(resolve, 100));
            }
            return null;
        }"""
    )
    sent = json.loads(words)
    assert notice == {"title": sent["title"], "body": sent["body"], "url": PAGE, "tag": sent["tag"]}
    assert notice["title"] == "Alerts arrive in this browser"

    page.get_by_role("button", name="Turn off in Chrome, Linux").click()
    expect(page.get_by_text("This browser is told nothing more.")).to_be_visible()
    shows(page, "off")
    assert not PushDevice.unscoped.exists()


def test_refused_by_the_browser(open_browser: Callable[..., Page], shop: Business, site: Any) -> None:
    page = staff(open_browser, shop, site)
    page.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page.goto(PAGE)
    shows(page, "refused")
    expect(page.get_by_role("button", name="Tell me in this browser")).to_be_hidden()


def test_a_browser_that_cannot(open_browser: Callable[..., Page], shop: Business, site: Any) -> None:
    page = staff(open_browser, shop, site)
    page.add_init_script("delete window.PushManager")
    page.goto(PAGE)
    shows(page, "impossible")


def test_when_the_browsers_own_service_does_not_answer(
    open_browser: Callable[..., Page], shop: Business, site: Any
) -> None:
    page = staff(open_browser, shop, site)
    page.context.grant_permissions(["notifications"], origin=site.url)
    page.add_init_script(
        "PushManager.prototype.subscribe = () => Promise.reject(new DOMException('x', 'AbortError'))"
    )
    page.goto(PAGE)
    page.get_by_role("button", name="Tell me in this browser").click()
    expect(page.get_by_text("Nothing was changed")).to_be_visible()
    assert not PushDevice.unscoped.exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone(
    open_browser: Callable[..., Page], shop: Business, site: Any, push: Carrier, scheme: str
) -> None:
    from apps.platform.businesses.selectors import actor_for
    from apps.platform.notifications.services import remember_device

    for name in ("a", "b"):
        remember_device(
            actor_for(owner_of(shop), shop), endpoint=f"{push.url}/{name}", label="Chrome, Android",
            **SomeBrowser().keys,
        )  # fmt: skip
    page = staff(open_browser, shop, site, "phone", scheme)
    page.goto(PAGE)
    expect(page.locator("[data-push-state]:visible")).to_have_count(1)
    assert not runs_over(page)
    assert grave_findings(page) == []
