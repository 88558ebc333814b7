"""Every address × role × own and foreign business × method, generated from the resolver.

Whatever is asked by whomever: no fault of ours, nothing of another business, and the same answer for a foreign
thing as for one that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import override_settings

from apps.kernel.permissions import all_permissions, expand, whole_business
from apps.platform.access.policies import FOR_PEOPLE_ONLY
from apps.platform.api.permissions import MEMBER
from apps.platform.backoffice.sites import BackOfficeSite
from apps.platform.businesses.shipped_roles import SHIPPED_ROLES
from tests.isolation.holes import without_first_wall, without_second_wall

from .addresses import METHODS, Address, Undescribed, list_addresses, permission_asked
from .asking import BODIES, AsMarkup, ask, comparable, difference, leaks, none_wrong, refuse_in_words
from .foreign_keys import bodies_with_keys
from .houses import ROLES, House, build_house
from .world import Caller

# Asks for the test database; the houses below take the place of a transaction for each test.
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _django_db_helper() -> None:
    """Not the plugin's own: it closes the connection after each test, and with it the houses would be gone."""


@pytest.fixture(scope="module")
def houses(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[House, House]]:
    """Both houses, built once for all tests here; every request is rolled back."""
    calm = override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        OUTBOX_WAKE=False,
        MEDIA_ROOT=tmp_path_factory.mktemp("houses"),
    )
    with calm, django_db_blocker.unblock(), transaction.atomic():
        yield (
            build_house("harbour", "Kestrel"),
            build_house("prairie", "Quagga", currency="USD", country="US", tax_inclusive=False),
        )
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def same_files(houses: tuple[House, House], settings: Any) -> None:
    """The houses' own folder, not a new one for each test; no page of the payment company is waited for."""
    settings.MEDIA_ROOT = houses[0].values["media_root"]
    settings.SANDBOX_PAY_URL = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def words_alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers as markup, and refusals without the frame around them: one walk is enough to see the frame.

    What the owner's pages show no role's pages show more of: there it is asked who gets in, and what is not said.
    """
    monkeypatch.setattr("weasyprint.HTML", AsMarkup)
    role = getattr(request.node, "callspec", None) and request.node.callspec.params.get("role", "owner")
    if role and role != "owner":
        monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    if request.node.name != f"{test_a_foreign_thing_answers_like_an_absent_one.__name__}[GET]":
        monkeypatch.setattr(BackOfficeSite, "_error_page", refuse_in_words)


def test_every_gap_is_described(houses: tuple[House, House]) -> None:
    wrong = []
    for address in list_addresses():
        for gap in address.gaps:
            try:
                address.value(gap, houses[0])
            except (Undescribed, AssertionError) as error:
                wrong.append(str(error))
    none_wrong(wrong)


def test_an_address_nobody_described_is_found(houses: tuple[House, House]) -> None:
    with pytest.raises(Undescribed):
        Address("admin:new", "admin/new/<uuid:thing_id>/", ("thing_id",), None).value("thing_id", houses[0])


@pytest.mark.parametrize("method", METHODS)
def test_a_foreign_thing_answers_like_an_absent_one(houses: tuple[House, House], method: str) -> None:
    ours, theirs = houses
    owner = ours.callers["owner"]
    wrong = []
    for address in list_addresses():
        if not address.things or address.space not in {"api", "admin", "storefront"}:
            continue
        if (
            "digest" in address.gaps or "accent" in address.gaps
        ):  # drawn from the address itself, no row is read
            continue
        foreign_url, absent_url = address.url(ours, things_of=theirs), address.absent_url(ours)
        foreign = ask(owner, method, foreign_url, address)
        absent = ask(owner, method, absent_url, address)
        if foreign.status_code != absent.status_code or foreign.status_code >= 500:
            wrong.append((method, foreign_url, foreign.status_code, absent.status_code))
        elif comparable(foreign, foreign_url) != comparable(absent, absent_url):
            one, other = comparable(foreign, foreign_url), comparable(absent, absent_url)
            wrong.append((method, foreign_url, absent_url, difference(one, other)))
        if found := leaks(foreign, theirs, foreign_url):
            wrong.append((method, foreign_url, found))
    none_wrong(wrong)


def test_a_missing_filter_is_noticed(houses: tuple[House, House], monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = houses
    address = next(found for found in list_addresses() if found.name == "api:order-detail")
    monkeypatch.setattr(address.callback.cls, "rows", lambda view: view.model.unscoped.all())
    url = address.url(ours, things_of=theirs)
    assert ask(ours.callers["owner"], "GET", url, address).status_code == 404, "the policies hold alone"
    with without_second_wall():
        answer = ask(ours.callers["owner"], "GET", url, address)
    assert answer.status_code == 200
    assert leaks(answer, theirs, url)


@pytest.mark.parametrize("method", METHODS)
def test_the_policies_hold_when_no_manager_filters(houses: tuple[House, House], method: str) -> None:
    with without_first_wall():
        test_a_foreign_thing_answers_like_an_absent_one(houses, method)


def test_the_policies_hold_on_every_page_when_no_manager_filters(houses: tuple[House, House]) -> None:
    with without_first_wall():
        walk_as("owner", houses, methods=("GET",))


def test_with_neither_wall_the_walk_finds_leaks(houses: tuple[House, House]) -> None:
    with without_first_wall(), without_second_wall(), pytest.raises((AssertionError, pytest.fail.Exception)):
        test_a_foreign_thing_answers_like_an_absent_one(houses, "GET")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_its_own_house_only_and_does_what_it_may(houses: tuple[House, House], role: str) -> None:
    walk_as(role, houses)


def walk_as(role: str, houses: tuple[House, House], methods: tuple[str, ...] = ()) -> None:
    """Ask every address as this role, and say what is shown that is another's or done that it may not do."""
    ours, theirs = houses
    caller = ours.callers[role]
    held = expand(next(shipped.permissions for shipped in SHIPPED_ROLES if shipped.code == role)) | {MEMBER}
    wrong = []
    for address in list_addresses():
        if address.space not in {"api", "admin"} and role != "owner":
            continue
        if address.name in {"admin:logout", "account_logout"}:
            continue
        for method in methods or (METHODS if role == "owner" else address.methods):
            url = address.url(ours)
            answer = ask(caller, method, url, address)
            asked = permission_asked(address, method)
            if answer.status_code >= 500 and answer.status_code != 503:
                wrong.append((method, url, answer.status_code))
            if asked and asked != "public" and asked not in held and not _refused(answer):
                wrong.append((method, url, answer.status_code, f"needs {asked}"))
            if (
                asked
                and asked in held
                and answer.status_code in {401, 403}
                and not _asks_twice(address, method)
            ):
                wrong.append((method, url, answer.status_code, f"has {asked}"))
            if found := leaks(answer, theirs, url):
                wrong.append((method, url, found))
    none_wrong(wrong)


def test_a_stranger_is_kept_out(houses: tuple[House, House]) -> None:
    ours, theirs = houses
    stranger = Caller()
    wrong = []
    for address in list_addresses():
        for method in METHODS:
            url = address.url(ours)
            answer = ask(stranger, method, url, address)
            if answer.status_code >= 500 and answer.status_code != 503:
                wrong.append((method, url, answer.status_code))
            if address.space == "admin" and address.name not in {
                "admin:login",
                "admin:jsi18n",
                "admin:logout",
            }:
                if not _refused(answer):
                    wrong.append((method, url, answer.status_code, "open"))
                if found := leaks(answer, ours, url):
                    wrong.append((method, url, found))
            asked = permission_asked(address, method)
            if address.space == "api" and asked and asked != "public" and answer.status_code != 401:
                wrong.append((method, url, answer.status_code, "open"))
            if found := leaks(answer, theirs, url) if address.name != "storefront:front" else []:
                wrong.append((method, url, found))
    none_wrong(wrong)


PROGRAMS = {"key-none": frozenset[str](), "key-one": frozenset({"products.read"}), "key-all": None}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_what_its_scopes_say(houses: tuple[House, House], name: str) -> None:
    ours, theirs = houses
    held = PROGRAMS[name]
    if held is None:
        held = frozenset(all_permissions()) - FOR_PEOPLE_ONLY
    wrong = []
    for address in list_addresses():
        if address.space != "api":
            continue
        for method in METHODS:
            url, asked = address.url(ours), permission_asked(address, method)
            answer = ask(ours.others[name], method, url, address)
            if answer.status_code >= 500 and answer.status_code != 503:
                wrong.append((method, url, answer.status_code))
            if asked and asked != "public" and (answer.status_code == 403) is (asked in held):
                wrong.append((method, url, answer.status_code, f"{name}: {asked}"))
            if found := leaks(answer, theirs, url):
                wrong.append((method, url, found))
    none_wrong(wrong)


@pytest.mark.parametrize("name", ["suspended", "nowhere"])
def test_who_does_not_belong_here_finds_nothing(houses: tuple[House, House], name: str) -> None:
    ours, _theirs = houses
    wrong = []
    for address in list_addresses():
        if address.space not in {"api", "admin"} or address.name in {
            "admin:login",
            "admin:jsi18n",
            "admin:logout",
        }:
            continue
        for method in address.methods:
            asked = permission_asked(address, method)
            if address.space == "api" and (not asked or asked == "public"):
                continue
            url = address.url(ours)
            answer = ask(ours.others[name], method, url, address)
            if not _refused(answer) or leaks(answer, ours, url):
                wrong.append((method, url, answer.status_code))
    none_wrong(wrong)


def test_a_limited_manager_does_what_is_left_of_the_role(houses: tuple[House, House]) -> None:
    """Limited to a van from which nothing was ever sold: no order, payment, paper or stock of the shop is there."""
    ours, theirs = houses
    caller = ours.others["limited"]
    role = next(shipped.permissions for shipped in SHIPPED_ROLES if shipped.code == "manager")
    held = (expand(role) - whole_business()) | {MEMBER}
    hidden = {str(row.pk) for label, row in ours.rows.items() if label in _OF_A_PLACE}
    wrong = []
    for address in list_addresses():
        if address.space not in {"api", "admin"} or address.name == "admin:logout":
            continue
        for method in address.methods:
            url, asked = address.url(ours), permission_asked(address, method)
            answer = ask(caller, method, url, address)
            if answer.status_code >= 500 and answer.status_code != 503:
                wrong.append((method, url, answer.status_code))
            if asked and asked != "public" and asked not in held and not _refused(answer):
                wrong.append((method, url, answer.status_code, f"needs {asked}"))
            if told := [key for key in hidden if key in answer.text and key not in url]:
                wrong.append((method, url, answer.status_code, told))
            if any(key in url for key in hidden) and not _refused(answer):
                wrong.append((method, url, answer.status_code, "another place's"))
            if found := leaks(answer, theirs, url):
                wrong.append((method, url, found))
    none_wrong(wrong)


_OF_A_PLACE = {
    "orders.order", "orders.orderline", "orders.fulfilment", "orders.orderrefund", "payments.payment",
    "invoicing.document", "inventory.stockbalance", "inventory.stockmovement",
    "inventory.adjustment", "inventory.stockalert",
    "warehouse.transfer", "warehouse.transferstep", "warehouse.stockcount",
}  # fmt: skip


def test_another_owner_is_nobody_here(houses: tuple[House, House]) -> None:
    ours, theirs = houses
    outsider = theirs.callers["owner"]
    wrong = []
    for address in list_addresses():
        if address.space != "api":
            continue
        for method in METHODS:
            asked = permission_asked(address, method)
            if asked and asked != "public":
                url = address.url(ours)
                answer = ask(outsider, method, url, address, X_Business=ours.business.slug)
                if answer.status_code != 404 or leaks(answer, ours, url):
                    wrong.append((method, url, answer.status_code))
    none_wrong(wrong)


def test_a_foreign_key_in_a_body_is_like_none(houses: tuple[House, House]) -> None:
    ours, theirs = houses
    owner = ours.callers["owner"]
    wrong = []
    for path, build in bodies_with_keys(ours):
        address = Address("api:", path, (), None)
        answers = []
        for key in (theirs, None):
            BODIES["api:"] = build(key)
            method = "PATCH" if path.endswith("PATCH") else "POST"
            answers.append(ask(owner, method, path.removesuffix("PATCH"), address))
        foreign, absent = answers
        if foreign.status_code != absent.status_code or not 400 <= foreign.status_code < 500:
            wrong.append((path, foreign.status_code, absent.status_code, foreign.text[:200]))
        if found := leaks(foreign, theirs, str(build(theirs))):
            wrong.append((path, found))
    none_wrong(wrong)


def _refused(answer: Any) -> bool:
    """Not allowed in: told so, sent to the door, or as if nothing were there."""
    return answer.status_code in {401, 403, 404, 405} or (
        answer.status_code == 302 and ("login" in answer.location or answer.location.rstrip("/") == "/admin")
    )


def _asks_twice(address: Address, method: str) -> bool:
    """Verbs and pages whose service asks for more than the door does: a refusal of theirs is theirs to test."""
    if address.name in {"api:media-attach", "api:media-detach"}:
        return True  # the record's own permission, see test_media
    if (address.name, method) == ("api:comment-detail", "DELETE"):
        return True  # its author alone, see test_comments
    if address.name == "api:return-settle":
        return True  # orders.refund as well, see tests/selling/returns/test_returns
    if address.name == "api:purchase-order-approve":
        return True  # up to the business's limit, see tests/goods/purchasing/test_orders
    if address.name == "api:order-amend":
        return True  # what goes back asks for orders.refund as well, see test_amendments
    return address.space == "admin" and (method != "GET" or "verb" in address.name)


@pytest.fixture(autouse=True)
def fresh_cache(houses: tuple[House, House]) -> None:
    cache.clear()
