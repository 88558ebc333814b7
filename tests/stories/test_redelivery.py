"""Every event of a furnished business delivered a second time: whoever has had it does nothing again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from django.apps import apps

from apps.kernel import clock, outbox
from apps.kernel.models import Delivery
from apps.platform.businesses.models import Business
from tests.browser.furnished import furnish
from tests.factories.businesses import make_business

pytestmark = pytest.mark.django_db
# The deliveries are what is put back. An entry of the audit only says that a subscriber looked.
_NOT_COUNTED = {"kernel.delivery"}
# A subscriber that changes rows and makes none: what it says of them must be the same afterwards.
_MOMENTS = {"updated_at", "last_used_at", "kept_until"}


@pytest.fixture
def house(db: None) -> Business:
    business = make_business()
    furnish(business)
    outbox.drain()
    return business


def everything() -> dict[str, list[Any]]:
    """All rows of all tables, without the moments of the last write."""
    found = {}
    for model in apps.get_models():
        if model._meta.label_lower in _NOT_COUNTED or model._meta.proxy:
            continue
        manager: Any = getattr(model, "unscoped", model._default_manager)
        names = [field.attname for field in model._meta.concrete_fields if field.attname not in _MOMENTS]
        found[model._meta.label] = sorted(map(repr, manager.values_list(*names)))
    return found


def deliver_again() -> list[str]:
    """Put everything that was delivered back in the queue; returns the subscribers that had it again."""
    done = Delivery.objects.filter(state="done")
    again = sorted(set(done.values_list("subscriber", flat=True)))
    done.update(state="pending", attempts=0, available_at=clock.now(), done_at=None)
    outbox.drain()
    # The books notice by their constraint, and know at the second attempt that it was theirs.
    moment = clock.now()
    for _attempt in range(10):
        moment += outbox.pause_after(3)
        with clock.travel(moment):
            outbox.drain()
    assert not list(Delivery.objects.filter(state="pending").values_list("subscriber", "last_error"))
    return again


def differences(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> dict[str, Any]:
    return {
        name: sorted(set(after[name]) ^ set(rows))[:4] for name, rows in before.items() if after[name] != rows
    }


def test_delivering_everything_again_changes_nothing(house: Business) -> None:
    before = everything()
    again = deliver_again()
    assert len(again) >= 15, again
    assert differences(before, everything()) == {}


@contextmanager
def forgetful_books() -> Iterator[None]:
    """The control: a subscriber that takes each delivery for a new fact."""
    from apps.kernel.events import _subscribers
    from apps.kernel.series import next_number

    def count_again(fact: Any, envelope: Any) -> None:
        next_number("control")

    named = _subscribers["orders.placed"]
    with patch.dict(named, {"orders.mail_placed": count_again}):
        yield


def test_control_a_forgetful_subscriber_is_noticed(house: Business) -> None:
    before = everything()
    with forgetful_books():
        deliver_again()
    assert "kernel.SeriesCounter" in differences(before, everything())
