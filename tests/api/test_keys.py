"""Keys of programs: what they open, what they never open, and how they end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.cache import cache

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.access import services
from apps.platform.access.models import ApiKey, ApiKeySecret
from apps.platform.access.policies import FOR_PEOPLE_ONLY
from apps.platform.access.secrets_of_keys import is_secret, make_secret
from apps.platform.access.tasks import warn_of_ending_keys
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Business, Location, Membership
from apps.platform.businesses.selectors import actor_for
from apps.platform.businesses.services import remove_member, suspend_member
from apps.platform.notifications.models import Message

from .world import Caller, is_problem, join

pytestmark = pytest.mark.django_db


def owner_actor(shop: Business) -> Actor:
    return actor_for(User.objects.get(email=f"owner@{shop.slug}.example"), shop)


def make_key(
    shop: Business, *permissions: str, actor: Actor | None = None, **fields: Any
) -> tuple[ApiKey, Caller]:
    given = {"name": "Scanner", **fields}
    made = services.create_key(
        actor or owner_actor(shop), permissions=permissions or ("customers.read",), **given
    )
    return made, Caller(token=made.shown_secret)  # type: ignore[attr-defined]


def test_a_key_does_what_it_may_and_nothing_else(shop: Business, other_shop: Business) -> None:
    _key, program = make_key(shop, "customers.read")
    assert program.get("customers/").status_code == 200
    refused = is_problem(program.post("customers/", {"name": "A"}), 403, "permission_refused")
    # It is told which scope it lacks, and nothing of roles: a program has none.
    assert refused["title"] == "This key does not allow this."
    assert refused["detail"] == "This key lacks the scope customers.write (Add and change customers)."
    assert refused["facts"] == {"permission": "customers.write"}
    assert "role" not in str(refused)
    is_problem(program.get("orders/"), 403, "permission_refused")
    assert program.get("customers/", X_Business=shop.slug).status_code == 200
    is_problem(program.get("customers/", X_Business=other_shop.slug), 404)


def test_a_key_for_some_locations_is_told_what_it_can_never_have(shop: Business) -> None:
    with tenancy.bind(shop.pk):
        place = Location.objects.get()
    _key, program = make_key(shop, "customers.read", location_ids=[place.pk])
    refused = is_problem(program.get("journal-entries/"), 403, "permission_refused")
    assert "This key lacks the scope ledger.read" in refused["detail"]
    assert "limited to locations" in refused["remedy"]


def test_what_is_for_people_alone_is_refused_to_a_key_without_a_word_of_roles(shop: Business) -> None:
    _key, program = make_key(shop, *("customers.read",))
    refused = is_problem(program.get("notifications/"), 403, "permission_refused")
    assert refused["detail"] == "Keys of programs may not do this."
    assert "role" not in str(refused)


def test_what_a_key_does_is_written_down_as_the_key(shop: Business) -> None:
    key, program = make_key(shop, "customers.read", "customers.write")
    made = program.post("customers/", {"name": "Ada", "email": "ada@example.com"}).json()
    changed = program.patch(f"customers/{made['id']}/", {"name": "Ada Obi"})
    assert changed.status_code == 200, changed.content
    entry = AuditEntry.objects.get(chain=shop.pk, action="customers.updated")
    assert (entry.actor_kind, entry.actor_id, entry.actor_label) == ("api_key", key.pk, "Scanner")


def test_a_secret_is_kept_as_a_digest_and_recognised_by_its_shape(shop: Business) -> None:
    key, program = make_key(shop)
    secret = program.token
    assert secret.startswith("md_live_")
    assert is_secret(secret)
    assert not is_secret(secret[:-1] + ("a" if secret[-1] != "a" else "b"))
    with tenancy.bind(shop.pk):
        kept = ApiKeySecret.objects.get(key=key)
    assert secret not in f"{kept.__dict__}{key.permissions}"
    entries = AuditEntry.objects.filter(chain=shop.pk, action__startswith="keys.")
    assert [entry.action for entry in entries] == ["keys.created"]
    assert not any(kept.digest in str(entry.after) or secret in str(entry.after) for entry in entries)


def test_a_key_costs_one_query_and_a_mistyped_one_none(
    shop: Business, django_assert_num_queries: Any
) -> None:
    _key, program = make_key(shop)
    program.get("customers/")  # notes the first use
    with django_assert_num_queries(2):  # the key, the rows
        assert program.get("customers/").status_code == 200
    with django_assert_num_queries(0):
        is_problem(Caller(token=program.token[:-2] + "00").get("customers/"), 401, "key_not_valid")
    with django_assert_num_queries(1):
        is_problem(Caller(token=make_secret()).get("customers/"), 401, "key_not_valid")


def test_its_last_use_is_written_once_a_minute(shop: Business) -> None:
    key, program = make_key(shop)
    start = clock.now()
    seen = []
    for seconds in (0, 20, 40, 61, 80):
        with clock.travel(start + dt.timedelta(seconds=seconds)):
            assert program.get("customers/").status_code == 200
        key.refresh_from_db()
        seen.append(round((key.last_used_at - start).total_seconds()))  # type: ignore[operator]
    assert seen == [0, 0, 0, 61, 61]
    assert key.last_used_ip == "127.0.0.1"


def test_a_revoked_key_is_refused_at_once(shop: Business) -> None:
    key, program = make_key(shop)
    services.revoke_key(owner_actor(shop), key_id=key.pk, reason="leaked")
    services.revoke_key(owner_actor(shop), key_id=key.pk)
    is_problem(program.get("customers/"), 401, "key_not_valid")
    assert AuditEntry.objects.filter(chain=shop.pk, action="keys.revoked").count() == 1


def test_a_key_ends_by_itself_after_a_warning(shop: Business) -> None:
    end = clock.now() + dt.timedelta(days=10)
    _key, program = make_key(shop, expires_at=end)
    assert warn_of_ending_keys() == 0
    with clock.travel(end - dt.timedelta(days=6)):
        assert warn_of_ending_keys() == 1
        assert warn_of_ending_keys() == 0
        assert program.get("customers/").status_code == 200
    with clock.travel(end + dt.timedelta(seconds=1)):
        is_problem(program.get("customers/"), 401, "key_not_valid")
    with tenancy.bind(shop.pk):
        assert Message.objects.get(template="key_ending").to == f"owner@{shop.slug}.example"


def test_a_new_secret_overlaps_with_the_old_one(shop: Business) -> None:
    key, program = make_key(shop)
    now = clock.now()
    renewed = services.rotate_key(owner_actor(shop), key_id=key.pk, overlap_hours=24, key="again")
    newer = Caller(token=renewed.shown_secret)  # type: ignore[attr-defined]
    again = services.rotate_key(owner_actor(shop), key_id=key.pk, overlap_hours=24, key="again")
    assert not hasattr(again, "shown_secret")
    with clock.travel(now + dt.timedelta(hours=23)):
        assert (program.get("customers/").status_code, newer.get("customers/").status_code) == (200, 200)
    with clock.travel(now + dt.timedelta(hours=25)):
        is_problem(program.get("customers/"), 401, "key_not_valid")
        assert newer.get("customers/").status_code == 200
    services.rotate_key(owner_actor(shop), key_id=key.pk, overlap_hours=0)
    is_problem(newer.get("customers/"), 401, "key_not_valid")
    is_problem(program.get("customers/"), 401, "key_not_valid")


def test_a_key_works_from_its_addresses_only(shop: Business) -> None:
    _key, inside = make_key(shop, networks=["127.0.0.0/8"])
    _other, outside = make_key(shop, networks=["203.0.113.7", "2001:db8::/32"])
    assert inside.get("customers/").status_code == 200
    refused = is_problem(outside.get("customers/"), 403, "address_not_allowed")
    assert refused["detail"] == "This key is not allowed from this address."
    assert "role" not in str(refused)
    with pytest.raises(InvalidInput):
        make_key(shop, networks=["not an address"])


def test_nobody_gives_a_key_more_than_he_has_nor_what_is_for_people(shop: Business) -> None:
    admin = actor_for(join(shop, "admin"), shop)
    make_key(shop, "orders.read", actor=admin)
    for refused in ("payments.everything", "business.own", *FOR_PEOPLE_ONLY):
        with pytest.raises(PermissionRefused):
            make_key(shop, refused, actor=admin)
    with pytest.raises(PermissionRefused):
        make_key(shop, "team.change")
    with pytest.raises(PermissionRefused):
        make_key(shop, actor=actor_for(join(shop, "cashier"), shop))


@pytest.mark.parametrize("service", [suspend_member, remove_member])
def test_who_leaves_takes_his_keys_along(shop: Business, service: Any) -> None:
    person = join(shop, "admin")
    _key, program = make_key(shop, "customers.read", actor=actor_for(person, shop))
    with tenancy.bind(shop.pk):
        member = Membership.objects.get(user=person)
    service(Actor.system("test", shop.pk), membership_id=member.pk)
    is_problem(program.get("customers/"), 401, "key_not_valid")


def test_each_key_has_its_own_rate_and_is_told_it(shop: Business, settings: Any) -> None:
    settings.API_THROTTLES = {"key": "3/min"}
    cache.clear()
    _one, program = make_key(shop)
    _two, other = make_key(shop)
    with clock.travel(clock.now().replace(second=1, microsecond=0)):
        answers = [program.get("customers/") for _call in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert answers[0]["RateLimit-Limit"] == "3"
        assert int(answers[3]["Retry-After"]) >= 1
        assert other.get("customers/").status_code == 200


def test_a_key_opens_no_page_of_the_back_office(shop: Business) -> None:
    _key, program = make_key(shop, "customers.read")
    assert program.send("GET", "/admin/customers/customer/").status_code == 302
