"""Two owners removing each other at the same moment: one of them stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.platform.businesses.models import Membership
from apps.platform.businesses.selectors import actor_for
from apps.platform.businesses.services import remove_member
from tests.factories.businesses import make_business, make_member, owner_of


@pytest.mark.django_db(transaction=True)
def test_a_business_is_never_left_without_an_owner() -> None:
    business = make_business()
    people = [owner_of(business), make_member(business, "owner")]
    actors = [actor_for(person, business) for person in people]
    targets = [Membership.unscoped.get(business=business, user=person).pk for person in reversed(people)]
    together = Barrier(2)

    def remove(actor: Actor, target: object) -> str:
        try:
            together.wait(timeout=10)
            remove_member(actor, membership_id=target)  # type: ignore[arg-type]
        except DomainError as error:
            return error.code
        finally:
            connection.close()
        return "removed"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(remove, actors, targets))

    assert outcomes == ["last_owner", "removed"]
    assert Membership.unscoped.filter(business=business, role__code="owner").count() == 1
