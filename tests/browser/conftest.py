"""Debian's Chromium on a live server, on a phone and on a desk, in light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, BrowserContext, Page

from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import forget_cached_businesses
from apps.selling.shipping.services import create_default_rates

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1440, "height": 900}}
GRAVE = {"serious", "critical"}
AXE = AXE_FILE_PATH.read_text()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def site(live_server: Any, settings: Any) -> Iterator[Any]:
    """The live server, with the pretend payment company at the same address."""
    settings.PUBLIC_BASE_URL = settings.SANDBOX_PAY_URL = live_server.url
    settings.BUSINESS_CACHE_SECONDS = 0
    forget_cached_businesses()
    yield live_server
    forget_cached_businesses()


@pytest.fixture
def shop(transactional_db: None, business: Business) -> Business:
    """The pound shop with its delivery rates."""
    create_default_rates(
        Actor.system("tests", business.pk), currency=business.currency, country=business.country
    )
    return business


class Complaints(list[str]):
    """What the browser complained about: script errors and breaches of the content policy."""

    def but_aborts(self) -> list[str]:
        """Without the pairs htmx reports for a request that was under way when its page was left: no fault."""
        left = list(self)
        for abort in [one for one in self if one.startswith("htmx:sendAbort")]:
            left.remove(abort)
            ended = abort.replace("htmx:sendAbort", "htmx:afterRequest")
            if ended in left:
                left.remove(ended)
        return left


@pytest.fixture
def open_browser(chromium: Browser, site: Any) -> Iterator[Callable[..., Page]]:
    """`open_browser("phone", "dark")` gives a fresh page; its complaints fail the test at the end."""
    contexts: list[BrowserContext] = []
    complaints = Complaints()

    def note(kind: str, text: str) -> None:
        # A refused form (400, 409) and a missing page (404) are answers, not faults of the page.
        if kind == "error" and "Failed to load resource" not in text:
            complaints.append(text)

    def make(size: str = "phone", scheme: str = "light", **options: Any) -> Page:
        context = chromium.new_context(
            viewport=SIZES[size], color_scheme=scheme, base_url=site.url, reduced_motion="reduce", **options
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(message.type, message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints.but_aborts() == []


def grave_findings(page: Page, **options: Any) -> list[str]:
    """What axe calls serious or critical on the page as it stands, one line each; `options` are axe's own."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    around = (
        {"include": [options.pop("only")]} if "only" in options else {"exclude": options.pop("exclude", [])}
    )
    options = {"resultTypes": ["violations"], **options}
    found = page.evaluate("([around, options]) => axe.run(around, options)", [around, options])["violations"]
    return [
        f"{finding['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for finding in found
        if finding["impact"] in GRAVE
        for node in finding["nodes"]
    ]


def runs_over(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


# Marks what is measured for the first time.
NEW = "[data-judged-now]"
CONTRAST_ONLY: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
BUT_CONTRAST: dict[str, Any] = {"rules": {"color-contrast": {"enabled": False}}}
# What the width can change: the rest was seen at the desk.
LAYOUT = [
    "target-size",
    "scrollable-region-focusable",
    "aria-hidden-focus",
    "button-name",
    "link-name",
    "label",
]
LAYOUT_ONLY: dict[str, Any] = {"runOnly": {"type": "rule", "values": LAYOUT}}

# A field that its own label pushed aside is there for axe, but nobody can type into it.
_OUT_OF_SIGHT = """() => [...document.querySelectorAll("main :is(input:not([type=hidden]), select, textarea, button)")]
  .filter((one) => one.checkVisibility() && !one.closest(".sr-only, .visually-hidden"))
  .filter((one) => { const box = one.getBoundingClientRect(); return box.width < 16 || box.right > innerWidth + 1; })
  .map((one) => one.outerHTML.slice(0, 120))"""


# What an element's colours come from: its own classes and states and those around it. The sheets are the same
# on every page, so a chain that was judged once is not judged again.
_CHAINS = """(exclude) => {
  const marks = ["class", "style", "type", "role", "disabled", "open", "aria-current", "aria-selected", "aria-pressed"];
  const mark = (one, name) => one.hasAttribute(name) ? name + one.getAttribute(name) : "";
  const say = (one) => one.localName + marks.map((name) => mark(one, name)).join();
  const hasWords = (one) => [...one.childNodes].some((part) => part.nodeType === 3 && part.data.trim());
  const out = exclude.join(", ");
  const chains = (window.mdkChains = new Map());
  for (const one of document.body.querySelectorAll("*")) {
    if (!hasWords(one) && !one.matches("input, select, textarea, svg")) continue;
    if ((out && one.closest(out)) || !one.checkVisibility()) continue;
    let chain = "";
    for (let at = one; at && at !== document.body; at = at.parentElement) chain += ">" + say(at);
    if (!chains.has(chain)) chains.set(chain, one);
  }
  return [...chains.keys()];
}"""
# Half of a page that is about to be put in place of what is judged.
_NOTHING_ON_ITS_WAY = "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"
_POINT_AT = "(chains) => chains.forEach((chain) => mdkChains.get(chain).toggleAttribute('data-judged-now'))"
_judged: set[str] = set()


def faults_of(page: Page, *, exclude: tuple[str, ...] = ()) -> list[str]:
    """Grave findings at the desk and on a phone, contrast in both themes, and whether the phone scrolls sideways.

    `exclude` names parts that stand on every page and were looked at before. Contrast is measured of what has a chain
    of classes that nothing had before.
    """
    page.wait_for_load_state()  # a form that was sent may still be on its way to the next page
    page.wait_for_function(_NOTHING_ON_ITS_WAY, polling=20)  # asks at once, and not with the next frame
    area = "staff " if "/admin/" in page.url else ""  # the two have their own sheets
    found = {f"light: {one}" for one in grave_findings(page, exclude=exclude, **BUT_CONTRAST)}
    chains = [chain for chain in page.evaluate(_CHAINS, list(exclude)) if area + chain not in _judged]
    if chains:
        page.evaluate(_POINT_AT, chains)
        for scheme in ("light", "dark"):
            turn(page, scheme)
            found |= {f"{scheme}: {one}" for one in grave_findings(page, only=NEW, **CONTRAST_ONLY)}
        turn(page, "light")
        page.evaluate(_POINT_AT, chains)
        _judged.update(area + chain for chain in chains)
    page.set_viewport_size(SIZES["phone"])
    found |= {f"phone: {one}" for one in grave_findings(page, exclude=exclude, **LAYOUT_ONLY)}
    found |= {f"phone: out of sight: {one}" for one in page.evaluate(_OUT_OF_SIGHT)}
    if runs_over(page):
        found.add("phone: runs over")
    page.set_viewport_size(SIZES["desk"])
    return sorted(found)


def turn(page: Page, scheme: str) -> None:
    """Change the theme without loading: the back office's is a class, that of other pages follows the system."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(
        "(dark) => document.documentElement.classList.toggle('dark', dark)",
        "/admin/" in page.url and scheme == "dark",
    )
