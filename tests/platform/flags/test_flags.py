"""Flags: how they stand, who may switch them, what it costs to ask, and that none outlives its day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel import clock, trace
from apps.kernel.actors import Actor
from apps.kernel.audit import PLATFORM_CHAIN
from apps.kernel.errors import InvalidInput, PermissionRefused
from apps.kernel.ids import new_id
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from apps.platform.flags import registry
from apps.platform.flags.registry import Flag, UnknownFlag, declare, list_overdue
from apps.platform.flags.selectors import is_on, place_of
from apps.platform.flags.services import choose_for_business, set_rollout
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_product
from tests.platform.accounts.signing_in import by_app
from tests.platform.accounts.test_platform import make_admin

NAME = "probe.new_way"


class Admin:
    is_platform_admin = is_active = True


ROOT = Actor.system("root", None)


@pytest.fixture
def flag(monkeypatch: pytest.MonkeyPatch) -> Flag:
    monkeypatch.setattr(registry, "_flags", dict(registry._flags))
    return declare(Flag(NAME, does="A probe.", owner="tests", until=dt.date(2099, 1, 1)))


def test_no_flag_of_the_code_has_outlived_its_day() -> None:
    """Fails on the day after a flag's `until`: see its sentence."""
    assert list_overdue(clock.today()) == []
    assert registry.list_flags(), "no flag was found at all"


def test_an_overdue_flag_is_named_with_its_owner_and_what_to_do(flag: Flag) -> None:
    assert NAME not in repr(list_overdue(dt.date(2099, 1, 1)))
    (said,) = [line for line in list_overdue(dt.date(2099, 1, 2)) if NAME in line]
    assert said.startswith("The flag probe.new_way was to be gone by 2099-01-01: tests removes it")


def test_a_name_nobody_declared_is_an_error(db: None) -> None:
    with pytest.raises(UnknownFlag, match=r"probe\.unknown"):
        is_on("probe.unknown", None)
    with pytest.raises(UnknownFlag):
        set_rollout(ROOT, admin=Admin(), name="probe.unknown", percent=5)


def test_two_declarations_of_one_name_are_refused(flag: Flag) -> None:
    with pytest.raises(RuntimeError, match="twice"):
        declare(Flag(NAME, does="Another.", owner="tests", until=flag.until))


def test_default_then_rollout_then_the_choice_of_one_business(flag: Flag, business: Business) -> None:
    assert not is_on(NAME, business.pk)
    set_rollout(ROOT, admin=Admin(), name=NAME, percent=100)
    assert is_on(NAME, business.pk)
    assert is_on(NAME, None)
    own = Actor.system("root", business.pk)
    choose_for_business(own, admin=Admin(), name=NAME, is_on=False)
    assert not is_on(NAME, business.pk)
    assert is_on(NAME, new_id())
    choose_for_business(own, admin=Admin(), name=NAME, is_on=None)
    assert is_on(NAME, business.pk)


def test_a_business_stays_on_while_the_rollout_grows(flag: Flag, db: None) -> None:
    businesses = [new_id() for _n in range(400)]
    on: set[Any] = set()
    for percent in (0, 10, 50, 100):
        set_rollout(ROOT, admin=Admin(), name=NAME, percent=percent)
        now = {one for one in businesses if place_of(NAME, one) < percent}
        assert all(is_on(NAME, one) for one in list(now)[:3])
        assert on <= now
        assert abs(len(now) - 4 * percent) < 50
        on = now
    assert is_on(NAME, None)


def test_all_flags_cost_one_query_a_request(
    flag: Flag, business: Business, django_assert_num_queries: Any
) -> None:
    with trace.opened(trace.Trace()), django_assert_num_queries(1):
        for _again in range(5):
            is_on(NAME, business.pk)
            is_on("storefront.similar_words", business.pk)


def test_every_switch_is_audited(flag: Flag, business: Business) -> None:
    set_rollout(ROOT, admin=Admin(), name=NAME, percent=30)
    choose_for_business(Actor.system("root", business.pk), admin=Admin(), name=NAME, is_on=True)
    assert AuditEntry.objects.get(action="flag.rolled_out", chain=PLATFORM_CHAIN).after == {"percent": 30}
    assert AuditEntry.objects.get(action="flag.chosen", chain=business.pk).after == {NAME: True}


def test_only_who_runs_the_platform_switches(flag: Flag, business: Business, owner: Actor) -> None:
    class Owner:
        is_platform_admin, is_active = False, True

    with pytest.raises(PermissionRefused):
        set_rollout(owner, admin=Owner(), name=NAME, percent=30)
    with pytest.raises(PermissionRefused):
        choose_for_business(owner, admin=Owner(), name=NAME, is_on=True)
    with pytest.raises(InvalidInput):
        set_rollout(ROOT, admin=Admin(), name=NAME, percent=101)


def test_the_page_switches_for_all_and_for_one(flag: Flag, db: None) -> None:
    shop = make_business()
    assert sign_in(Client(), owner_of(shop), shop).get(reverse("platform_flags")).status_code == 404
    client = Client()
    by_app(client, make_admin().email)
    assert NAME in client.get(reverse("platform_flags")).content.decode()
    done = client.post(reverse("platform_flag_roll_out", args=[NAME]), {f"{NAME}-percent": "25"}, follow=True)
    assert "On for 25 in 100" in done.content.decode()
    wrong = client.post(reverse("platform_flag_roll_out", args=[NAME]), {f"{NAME}-percent": "250"})
    assert wrong.status_code == 400
    client.post(
        reverse("platform_flag_choose", args=[NAME]), {f"{NAME}-slug": shop.slug, f"{NAME}-way": "on"}
    )
    assert is_on(NAME, shop.pk)
    missing = client.post(
        reverse("platform_flag_choose", args=[NAME]), {f"{NAME}-slug": "no-such", f"{NAME}-way": "on"}
    )
    assert "no open store" in missing.content.decode()
    assert client.post(reverse("platform_flag_roll_out", args=["probe.unknown"])).status_code == 404
    assert AuditEntry.objects.filter(action="flag.chosen", chain=shop.pk, role="platform").exists()


def test_the_search_for_similar_words_can_be_switched_off(client: Client, business: Business) -> None:
    make_product(business, title="Porcelain bowl", slug="bowl", stock=2)
    for path in ("products/", "suggest/"):
        assert b"Porcelain" in client.get(f"/store/{business.slug}/{path}?q=porcelan").content
    choose_for_business(
        Actor.system("root", business.pk), admin=Admin(), name="storefront.similar_words", is_on=False
    )
    for path in ("products/", "suggest/"):
        assert b"Porcelain" not in client.get(f"/store/{business.slug}/{path}?q=porcelan").content
    assert b"Porcelain" in client.get(f"/store/{business.slug}/products/?q=porcelain").content


@pytest.mark.django_db
def test_the_first_decision_is_entered_with_what_the_code_said(
    flag: Flag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._flags, NAME, replace(flag, is_on_by_default=True))
    set_rollout(ROOT, admin=Admin(), name=NAME, percent=0)
    entry = AuditEntry.objects.filter(action="flag.rolled_out").latest("sequence")
    assert (entry.before, entry.after) == ({"percent": 100}, {"percent": 0})
