"""Views of lists: kept without the search, opened first by whose they are, shared, deleted by their owner."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet
from django.test import Client

from apps.kernel import tenancy
from apps.platform.backoffice import services
from apps.platform.backoffice.models import SavedView
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import actor_for
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.goods.inventory.crowd import at_once

from .test_lists import MAILS, fill

pytestmark = pytest.mark.django_db
PAGE = "/admin/views/notifications/message/"


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


def test_a_view_is_kept_opened_first_shared_and_deleted(business: Business) -> None:
    fill(business, 2)
    owner = sign_in(Client(), owner_of(business), business)
    colleague = sign_in(Client(), make_member(business, "manager"), business)
    kept = f"{PAGE}?query=tab%3Dall%26q%3Dada%40example.com%26p%3D2"
    assert owner.get(kept).context["form"]["query"].value() == "tab=all"
    form = {
        "name": " To  look at ",
        "query": "tab=all&q=ada",
        "columns": ["0", "1"],
        "shared": "on",
        "is_default": "on",
    }
    answer = owner.post(kept, form)
    assert answer.status_code == 302
    assert answer["Location"] == f"{MAILS}?cols=0%2C1&tab=all"

    # Only whose it is begins with it; everything stays one click away.
    assert owner.get(MAILS)["Location"] == "?cols=0%2C1&tab=all"
    page = owner.get(f"{MAILS}?tab=all&cols=0,1")
    assert [view.active for view in page.context["views"]] == [True]
    assert page.content.decode().count('<th scope="col"') == 2
    whole = owner.get(f"{MAILS}?view=all")
    assert whole.status_code == 200
    assert whole.content.decode().count('<th scope="col"') > 2
    theirs = colleague.get(MAILS)
    assert theirs.status_code == 200
    assert [view.label for view in theirs.context["views"]] == ["To look at"]

    # A second first one takes the place of the first; the same name is written anew; nothing is nothing.
    owner.post(PAGE, {"name": "Other", "query": "tab=all&o=1", "is_default": "on"})
    owner.post(PAGE, {"name": "Other", "query": "tab=all&o=2", "is_default": "on"})
    with tenancy.bind(business.pk):
        views = {view.name: view for view in SavedView.objects.all()}
        assert {name: view.is_default for name, view in views.items()} == {"To look at": False, "Other": True}
        assert views["Other"].query == "o=2&tab=all"
    for data in ({"name": "Empty", "query": "q=ada"}, {"name": " ", "query": "tab=all"}):
        assert owner.post(PAGE, data).status_code >= 400

    assert [row["may_delete"] for row in colleague.get(PAGE).context["rows"]] == [False]
    assert colleague.post(PAGE, {"delete": str(views["To look at"].pk)}).status_code == 404
    assert owner.post(PAGE, {"delete": str(views["To look at"].pk)}).status_code == 302
    assert colleague.get(MAILS).context["views"] == []
    assert owner.get("/admin/views/notifications/nothing/").status_code == 404
    cashier = sign_in(Client(), make_member(business, "cashier"), business)
    assert cashier.get(PAGE).status_code == 403


@pytest.fixture
def two_tabs(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two tabs of one person; each waits so long for the other to come as far before it writes its view."""
    business = make_business()
    owner = actor_for(owner_of(business), business)
    gate, write, seconds = threading.Barrier(2), QuerySet.update_or_create, [0.0]

    def meet(rows: Any, *arguments: Any, **named: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(seconds[0])
        return write(rows, *arguments, **named)

    def save_both(wait: float) -> None:
        seconds[0] = wait
        at_once([save("First"), save("Second")])

    def save(name: str) -> Any:
        kept = {"list_name": "orders.order", "name": name, "query": "tab=all", "is_default": True}
        return lambda: services.save_view(owner, **kept)  # type: ignore[arg-type]

    monkeypatch.setattr(QuerySet, "update_or_create", meet)
    return save_both


@pytest.mark.django_db(transaction=True)
def test_of_two_first_views_at_once_the_last_is_opened_first(two_tabs: Any) -> None:
    two_tabs(0.5)
    assert SavedView.unscoped.count() == 2
    assert SavedView.unscoped.filter(is_default=True).count() == 1


@pytest.mark.mutation
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_would_be(two_tabs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "lock_one", lambda _rank, rows: rows.get())
    with pytest.raises(IntegrityError):
        two_tabs(10)
