"""Who is limited to a part of the business writes at records of that part only, whichever door is taken."""

from __future__ import annotations

import pytest

from apps.kernel import tenancy
from apps.kernel.errors import NotFound
from apps.platform.businesses.models import Membership
from apps.platform.businesses.selectors import actor_for
from apps.platform.businesses.services import add_location, set_member_reach
from apps.platform.media.models import Comment
from apps.platform.media.services import announce_upload, write_comment
from tests.factories.businesses import actor_of, make_business, make_member
from tests.factories.orders import make_order

pytestmark = pytest.mark.django_db


def test_a_limited_member_writes_nothing_at_an_order_of_another_location() -> None:
    business = make_business()
    boss, manager = actor_of(business), make_member(business, "manager")
    van = add_location(boss, name="Van", code="VAN", kind="van")
    order = make_order(business)
    write_comment(actor_for(manager, business), target_type="orders.order", target_id=order.pk, text="Hello")
    with tenancy.bind(business.pk):
        member = Membership.objects.get(user=manager)
    set_member_reach(boss, membership_id=member.pk, location_ids=[van.pk])
    limited = actor_for(manager, business)

    with pytest.raises(NotFound):
        write_comment(limited, target_type="orders.order", target_id=order.pk, text="Hello again")
    with pytest.raises(NotFound):
        announce_upload(
            limited, kind="document", name="a.pdf", content_type="application/pdf", size=9,
            attach_to=("orders.order", order.pk),
        )  # fmt: skip

    assert [comment.text for comment in Comment.unscoped.all()] == ["Hello"]
