"""An e-mail's page tells staff what was sent, but not the keys that were in it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.backoffice.house.messages import without_secret_links
from apps.platform.businesses.models import Role
from apps.platform.businesses.services import invite_member
from apps.platform.notifications.models import Message
from tests.factories.businesses import make_business, make_member, sign_in


@pytest.mark.django_db
def test_who_reads_e_mails_cannot_take_up_an_invitation() -> None:
    business = make_business("Ours")
    with tenancy.bind(business.pk):
        owner_role = Role.objects.get(code="admin")
        invite_member(
            Actor.system("tests", business.pk),
            email="new@example.com",
            role_id=owner_role.pk,
            key=new_id().hex,
        )
        message = Message.objects.get(to="new@example.com")
    link = next(word for word in message.text.split() if word.startswith("http"))
    key = max(link.split("/"), key=len)
    assert len(key) > 20
    page = sign_in(Client(), make_member(business, "manager")).get(
        reverse("admin:notifications_message_change", args=[message.pk])
    )
    assert page.status_code == 200
    assert "new@example.com" in page.content.decode()
    assert key not in page.content.decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See https://shop.example/store/harbour/products/stoneware-mug/", None),
        ("https://shop.example/track/Xf3kq9_8-aaaaaaaaaaaaaaaaaaaa/", "https://shop.example/track/•••/"),
        ("(https://a.example/i/abcdefghijklmnopqr1tuv?next=/) ok", "(https://a.example/i/•••?next=/) ok"),
        ("https://shop.example/products/a-very-long-name-of-a-thing/", None),
        ("no address abcdefghijklmnopqrstuvwxyz0123", None),
    ],
)
def test_only_keys_are_hidden(text: str, shown: str | None) -> None:
    assert without_secret_links(text) == (text if shown is None else shown)
