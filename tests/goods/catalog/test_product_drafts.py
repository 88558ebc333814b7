"""A change is prepared beside the shop, looked at, published at once or at a time; what was shown is kept for ever."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from apps.goods.catalog import tasks
from apps.goods.catalog.models import Product, ProductDraft, ProductVersion, Variant
from apps.goods.catalog.services import (
    begin_draft,
    change_draft,
    discard_draft,
    due_drafts,
    publish_draft,
    schedule_draft,
    update_product,
    update_variant,
)
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused, WrongState
from apps.platform.businesses.models import Business, Membership, Role
from apps.platform.businesses.selectors import actor_for
from tests.factories.businesses import make_business, make_user, owner_of, sign_in
from tests.factories.goods import make_product, variants_of

pytestmark = pytest.mark.django_db


def numbers(product: Product) -> list[tuple[int, str, list[str]]]:
    rows = ProductVersion.unscoped.filter(product=product).order_by("number")
    return list(rows.values_list("number", "way", "changed"))


def test_prepared_previewed_published_and_restored(client: Client) -> None:
    business = make_business()
    staff, where = sign_in(client, owner_of(business), business), f"/store/{business.slug}/"
    product = make_product(business, title="Linen shirt", slug="shirt", price="48.00", stock=3)
    variant = variants_of(product)[0]

    def page(path: str = "products/shirt/") -> str:
        return Client().get(where + path).content.decode()

    answer = staff.post(reverse("admin:verb", args=["catalog", "product", product.pk, "draft"]))
    draft = ProductDraft.unscoped.get()
    write = reverse("admin:verb", args=["catalog", "productdraft", draft.pk, "write"])
    assert answer["Location"] == write
    form = staff.get(write).context["form"]
    typed = {name: form[name].value() for name in form.fields}
    typed = {name: "" if value is None else value for name, value in typed.items()}
    typed |= {"title": "Linen shirt, washed", "tags": "linen", f"price_{variant.pk}": "39.00"}
    typed |= {f"was_{variant.pk}": "48.00"}
    saved = staff.post(write, typed)
    assert saved.status_code == 302, saved.content.decode()
    assert "washed" not in page()
    compared = staff.get(reverse("admin:catalog_productdraft_change", args=[draft.pk])).content.decode()
    assert "Linen shirt, washed" in compared
    assert where + f"preview/{draft.token}/" in compared
    preview = page(f"preview/{draft.token}/")
    assert "Linen shirt, washed" in preview
    assert "£39.00" in preview
    assert "nothing can be bought here" in preview
    assert Product.unscoped.get().title == "Linen shirt", "a preview saves nothing"

    publish = reverse("admin:verb", args=["catalog", "productdraft", draft.pk, "publish"])
    assert staff.post(publish).status_code == 302
    assert "Linen shirt, washed" in page()
    assert "£39.00" in page()
    assert Client().get(f"{where}preview/{draft.token}/").status_code == 404
    prices = f"prices.{variant.pk}"
    assert numbers(product) == [(1, "published", []), (2, "draft", ["title", "tags", prices])]
    detail = staff.get(reverse("admin:catalog_product_change", args=[product.pk])).content.decode()
    assert "Title, Tags, Prices" in detail

    first = ProductVersion.unscoped.get(number=1)
    restore = reverse("admin:verb", args=["catalog", "productversion", first.pk, "restore"])
    assert staff.post(restore).status_code == 302
    again = ProductDraft.unscoped.get(state="open")
    assert "washed" in page()
    assert (
        staff.post(reverse("admin:verb", args=["catalog", "productdraft", again.pk, "publish"])).status_code
        == 302
    )
    assert "washed" not in page()
    assert "£48.00" in page()
    assert ProductVersion.unscoped.get(number=3).content == first.content


def test_what_changed_meanwhile_is_kept_or_named(business: Business, owner: Actor) -> None:
    product = make_product(business, title="Mug", price="12.00")
    variant = variants_of(product)[0]
    draft = begin_draft(owner, product_id=product.pk)
    with pytest.raises(WrongState, match="owner of Harbour Goods has begun"):
        begin_draft(owner, product_id=product.pk)
    prices = {str(variant.pk): {"price": Decimal(15)}}
    change_draft(owner, draft_id=draft.pk, title="Blue mug", seo_title="Mugs", prices=prices)
    # Elsewhere: another field, which stays, and one that the draft changes, too.
    update_product(owner, product_id=product.pk, product_type="Crockery", title="Red mug")
    with pytest.raises(Conflict, match=r"Changed in the store meanwhile: Title\. Last by owner") as refused:
        publish_draft(owner, draft_id=draft.pk)
    assert refused.value.context["fields_changed"] == ["title"]
    assert Product.unscoped.get(pk=product.pk).title == "Red mug"
    assert Variant.unscoped.get(pk=variant.pk).price == 12, "all or nothing"

    publish_draft(owner, draft_id=draft.pk, anyway=True)

    shown = Product.unscoped.get(pk=product.pk)
    assert (shown.title, shown.product_type, shown.seo_title, shown.max_price) == (
        "Blue mug",
        "Crockery",
        "Mugs",
        15,
    )
    assert [changed for _n, _way, changed in numbers(product)] == [
        [],
        ["title", "product_type"],
        ["title", "seo_title", f"prices.{variant.pk}"],
    ]
    with pytest.raises(WrongState, match="published already"):
        discard_draft(owner, draft_id=draft.pk)
    for change in ({"number": 9}, {"content": {}}):
        with pytest.raises(ProgrammingError), transaction.atomic():
            ProductVersion.unscoped.filter(number=1).update(**change)
    with pytest.raises(ProgrammingError), transaction.atomic():
        ProductVersion.unscoped.filter(number=1).delete()
    update_variant(owner, variant_id=variant.pk, weight_grams=9)
    assert len(numbers(product)) == 3, "what customers do not read makes no version"


@pytest.fixture
def owner(business: Business) -> Actor:
    """A real member: what is scheduled is published only while its scheduler may."""
    user = make_user("owner@drafts.example", display_name="owner of Harbour Goods")
    with tenancy.bind(business.pk):
        role, _new = Role.objects.get_or_create(
            code="owner", defaults={"name": "Owner", "permissions": ["*"]}
        )
        Membership.objects.create(user=user, role=role)
    return actor_for(user, business)


def test_published_at_its_time_or_stopped_with_a_reason(
    business: Business, owner: Actor, make_actor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, late = (make_product(business, title=title) for title in ("Bowl", "Plate"))
    drafts = [begin_draft(owner, product_id=product.pk) for product in (ready, late)]
    for draft, title in zip(drafts, ("Deep bowl", "Flat plate"), strict=True):
        change_draft(owner, draft_id=draft.pk, title=title)
    now = clock.now()
    with pytest.raises(InvalidInput):
        schedule_draft(owner, draft_id=drafts[0].pk, publish_at=now)
    for draft in drafts:
        schedule_draft(owner, draft_id=draft.pk, publish_at=now + dt.timedelta(hours=2))
    update_product(owner, product_id=late.pk, title="Round plate")
    assert tasks.publish_drafts() == 0
    monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(hours=3))
    assert tasks.publish_drafts() == 1
    assert Product.unscoped.get(pk=ready.pk).title == "Deep bowl"
    assert ProductVersion.unscoped.get(product=ready, number=2).made_by == owner.label, "who scheduled it"
    stopped = ProductDraft.unscoped.get(pk=drafts[1].pk)
    assert (stopped.state, stopped.problem[:46]) == (
        "stopped",
        "Changed in the store meanwhile: Title. Last by",
    )
    assert Product.unscoped.get(pk=late.pk).title == "Round plate"
    assert tasks.publish_drafts() == 0, "it waits for a person now"
    # A draft is no way around the permission for prices.
    clerk = make_actor(business, permissions=frozenset({"products.change", "products.publish"}))
    variant = variants_of(late)[0]
    with pytest.raises(PermissionRefused):
        change_draft(clerk, draft_id=stopped.pk, prices={str(variant.pk): {"price": Decimal(1)}})
    change_draft(owner, draft_id=stopped.pk, prices={str(variant.pk): {"price": Decimal(1)}})
    with pytest.raises(PermissionRefused):
        publish_draft(clerk, draft_id=stopped.pk, anyway=True)


def test_a_draft_that_breaks_is_put_off_and_others_go_on(
    business: Business, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty that break used to take all the places of each turn, every thirty seconds, for ever."""
    products = [make_product(business, title=f"Bowl {number}") for number in range(3)]
    drafts = [begin_draft(owner, product_id=product.pk) for product in products]
    now = clock.now()
    for draft in drafts:
        change_draft(owner, draft_id=draft.pk, title="Deep bowl")
        schedule_draft(owner, draft_id=draft.pk, publish_at=now + dt.timedelta(hours=1))
    good = drafts.pop()
    broken = {draft.pk for draft in drafts}
    real = due_drafts.publish_draft
    tried: list[Any] = []

    def publish(actor: Actor, *, draft_id: Any, **more: Any) -> Any:
        tried.append(draft_id)
        if draft_id in broken:
            raise RuntimeError("a fault of ours")
        return real(actor, draft_id=draft_id, **more)

    monkeypatch.setattr(due_drafts, "publish_draft", publish)
    monkeypatch.setattr(tasks, "BATCH", 2)
    times = [now + dt.timedelta(hours=1, seconds=25 * turn) for turn in range(3)]
    done = []
    for moment in times:
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        done.append(tasks.publish_drafts())
    assert done == [0, 1, 0], "the third gets its turn though two before it break"
    assert len(tried) == 3, "and nobody is tried again within a minute"
    waiting = ProductDraft.unscoped.get(pk=drafts[0].pk)
    assert (waiting.state, waiting.failures) == ("scheduled", 1)
    assert "RuntimeError" in waiting.problem
    for hours in (2, 3, 4, 8):
        monkeypatch.setattr(clock, "now", lambda hours=hours: now + dt.timedelta(hours=hours))
        tasks.publish_drafts()
    parked = ProductDraft.unscoped.get(pk=drafts[0].pk)
    assert (parked.state, parked.failures, "5 times" in parked.problem) == ("stopped", 5, True)
    assert ProductDraft.unscoped.get(pk=good.pk).state == "published"
    schedule_draft(owner, draft_id=parked.pk, publish_at=now + dt.timedelta(hours=9))
    assert ProductDraft.unscoped.get(pk=parked.pk).failures == 0, "a person who schedules it anew begins anew"


def test_who_may_no_longer_publish_publishes_nothing_by_the_clock(
    business: Business, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = make_product(business, title="Bowl")
    draft = begin_draft(owner, product_id=product.pk)
    change_draft(owner, draft_id=draft.pk, title="Deep bowl")
    now = clock.now()
    schedule_draft(owner, draft_id=draft.pk, publish_at=now + dt.timedelta(hours=1))
    Membership.unscoped.filter(user_id=owner.id).update(status=Membership.Status.SUSPENDED)
    monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(hours=2))
    assert tasks.publish_drafts() == 0
    stopped = ProductDraft.unscoped.get(pk=draft.pk)
    assert (stopped.state, stopped.problem) == (
        "stopped",
        f"{owner.label} scheduled it and may not publish it any more.",
    )
    assert Product.unscoped.get(pk=product.pk).title == "Bowl"
