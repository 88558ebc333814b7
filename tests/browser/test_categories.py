"""Categories put in order with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.goods.catalog.models import Category
from apps.goods.catalog.services import create_category
from apps.platform.backoffice.verbs import list_verb_url
from apps.platform.businesses.selectors import actor_for
from tests.factories.businesses import make_business, owner_of

from .conftest import faults_of
from .test_back_office import enter

pytestmark = pytest.mark.django_db(transaction=True)


def test_pressed_twice_it_has_moved_two_places(open_browser: Callable[..., Page], site: Any) -> None:
    business = make_business()
    owner = actor_for(owner_of(business), business)
    for name in "ABC":
        create_category(owner, name=name)
    page = enter(open_browser("desk"), business, site.url)
    page.goto(list_verb_url(Category, "arrange"))
    rows = page.locator(".mdk-order__row > span")
    expect(rows).to_have_text(["A", "B", "C"])
    assert faults_of(page) == []
    page.get_by_role("button", name="Move “C” up").focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_text(["A", "C", "B"])
    expect(page.get_by_role("button", name="Move “C” up")).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows).to_have_text(["C", "A", "B"])
