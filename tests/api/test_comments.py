"""Comments at records through the API: the record's permissions decide, and only its author removes one."""

from __future__ import annotations

from typing import Any

import pytest

from apps.platform.alerts.models import Alert
from apps.platform.businesses.models import Business
from tests.factories.goods import make_product

from .world import Caller, is_problem

pytestmark = pytest.mark.django_db
PRODUCT = "catalog.product"


def test_a_comment_is_written_read_and_removed_by_its_author(
    shop: Business, other_shop: Business, staff: Caller, member: Any
) -> None:
    product, theirs = make_product(shop), make_product(other_shop)
    marketer, agent = member("marketer"), member("delivery_agent")
    place = {"target_type": PRODUCT, "target_id": str(product.pk)}
    assert marketer.user is not None
    text = f"New photos on Monday? @{marketer.user.email}"
    for _again in range(2):
        made = staff.post("comments/", {**place, "text": text}, Idempotency_Key="c1")
        assert (made.status_code, made.json()["text"]) == (201, text)
    found = marketer.get(f"comments/?target_type={PRODUCT}&target_id={product.pk}").json()["results"]
    assert [one["id"] for one in found] == [made.json()["id"]]
    assert Alert.unscoped.filter(user=marketer.user, kind="mentioned").count() == 1

    is_problem(agent.get(f"comments/?target_type={PRODUCT}&target_id={product.pk}"), 403)
    is_problem(staff.get(f"comments/?target_type={PRODUCT}&target_id={theirs.pk}"), 404)
    is_problem(staff.get(f"comments/?target_type={PRODUCT}"), 400)
    is_problem(staff.get(f"comments/?target_type={PRODUCT}&target_id=x"), 400)
    is_problem(staff.post("comments/", {**place, "target_id": str(theirs.pk), "text": "Hello"}), 404)
    is_problem(staff.post("comments/", {**place, "text": " "}), 400)

    address = f"comments/{made.json()['id']}/"
    is_problem(marketer.send("DELETE", address), 403)
    assert staff.send("DELETE", address).status_code == 204
    assert marketer.get(f"comments/?target_type={PRODUCT}&target_id={product.pk}").json()["results"] == []
