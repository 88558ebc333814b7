"""Two businesses, their people, and the means to deliver what waits."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import caches

from apps.kernel import audit, bell, outbox, tenancy, use_cases
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.permissions import all_permissions
from apps.platform.businesses.models import Business, Location

# A test's own look-ups stand outside of every block and may see everything; the product's code, which binds, may
# not. Tests of the walls take this away with the fixture `no_crossing`.
tenancy.outside("tests")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
# They start and kill servers and mostly wait for them: one process of the run begins with these, the others work.
WAITING = (
    "tests/ground/",
    "tests/stories/test_dead_tasks.py",
    "tests/stories/test_beat_faults.py",
    "tests/stories/test_faults.py",
    "tests/kernel/test_bell.py",
    "tests/stories/test_s0",
    "tests/stories/test_s15_sceptical_auditor.py",
)
# A minute and more each: another process begins with these, so that the last test of all is a short one.
LONG = ("tests/browser/test_back_office.py", "tests/stories/test_simulated_lives.py")


def pytest_configure() -> None:
    """Whitenoise warns at each request while the folder of collected files is missing; tests collect none."""
    from django.conf import settings

    from tests import emptying

    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    emptying.install()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put `WAITING` at the beginning of the first process's share and `LONG` at that of the last one's."""
    waiting = [item for item in items if item.nodeid.startswith(WAITING)]
    long = [item for item in items if item.nodeid.startswith(LONG)]
    rest = [item for item in items if not item.nodeid.startswith(WAITING + LONG)]
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    last_share = max(0, len(items) * (processes - 1) // processes - len(waiting))
    items[:] = [*waiting, *rest[:last_share], *long, *rest[last_share:]]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests of a process: a second one beside it would find its loop running."""
    from playwright.sync_api import expect, sync_playwright

    # Only what is wrong waits as long: a machine with much else to do is slow, and that is no fault of the page.
    expect.set_options(timeout=30_000)
    # Playwright's loop lives in the test's thread, so Django would refuse the ORM there.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def no_crossing() -> Iterator[None]:
    """Outside of every block nothing is in sight, as in the product itself."""
    before = tenancy.outside("")
    yield
    tenancy.outside(before)


@pytest.fixture(autouse=True)
def quiet_house(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No broker, no shared cache, no mail, no files outside the test's own folder, made when a file comes."""
    settings.OUTBOX_WAKE = False
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "media" / new_id().hex
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    caches["pages"].clear()
    return


@pytest.fixture(autouse=True)
def quiet_bell() -> Iterator[None]:
    """A test that woke dispatchers keeps no thread and no connection, which would hold the test's database."""
    yield
    bell.hang_up()


@pytest.fixture(autouse=True)
def audited_as_declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test makes a service do, its audit entries are among those the service declares."""
    running: ContextVar[tuple[Any, ...]] = ContextVar("running", default=())
    surprises: list[str] = []
    run, record = use_cases._run, audit.record

    def watched_run(service: Any, *arguments: Any) -> Any:
        token = running.set((*running.get(), service))
        try:
            return run(service, *arguments)
        finally:
            running.reset(token)

    def watched_record(actor: Any, action: str, *arguments: Any, **named: Any) -> None:
        services = [service for service in running.get() if service.__module__.startswith("apps.")]
        if services and not any(action in service.audits for service in services):
            surprises.append(f"{services[-1].__module__}.{services[-1].__name__} enters {action}")
        record(actor, action, *arguments, **named)

    monkeypatch.setattr(use_cases, "_run", watched_run)
    monkeypatch.setattr(audit, "record", watched_record)
    yield
    assert not surprises, surprises


def build_business(slug: str, **fields: Any) -> Business:
    """A business with its default location, without its upper apps' preparations."""
    # Whatever the test has bound, another business may be built beside it.
    with tenancy.crossing("tests"):
        business = Business.objects.create(slug=slug, **{"name": slug.title(), "country": "GB", **fields})
    with tenancy.bind(business.pk):
        Location.objects.create(name="Main shop", code="MAIN", is_default=True)
    return business


@pytest.fixture
def business(db: None) -> Business:
    """Sells in pounds, prices include 20 % tax."""
    return build_business("harbour", name="Harbour Goods", currency="GBP", tax_rate=Decimal("0.2"))


@pytest.fixture
def other_business(db: None) -> Business:
    """Sells in dollars, 8 % tax is added."""
    return build_business(
        "prairie",
        name="Prairie Supply",
        currency="USD",
        country="US",
        tax_inclusive=False,
        tax_rate=Decimal("0.08"),
        tax_name="Sales tax",
    )


@pytest.fixture
def make_actor() -> Callable[..., Actor]:
    """An actor of a business; without `permissions` one who may everything."""

    def make(business: Business, *, role: str = "owner", permissions: frozenset[str] | None = None) -> Actor:
        granted = frozenset(all_permissions()) if permissions is None else permissions
        return Actor(
            "user", new_id(), f"{role} of {business.name}", business.pk, role=role, permissions=granted
        )

    return make


@pytest.fixture
def owner(business: Business, make_actor: Callable[..., Actor]) -> Actor:
    return make_actor(business)


@pytest.fixture
def actor(owner: Actor) -> Actor:
    return owner


@pytest.fixture
def bound(business: Business) -> Iterator[Business]:
    """The tenant is bound to `business` for the length of the test."""
    with tenancy.bind(business.pk):
        yield business


@pytest.fixture
def drain_outbox() -> Callable[[], int]:
    """Deliver all events that wait."""
    return outbox.drain
