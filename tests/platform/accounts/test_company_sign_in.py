"""Sign-in by the company's own server: whose it is comes in, and nothing forged does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import reverse

from apps.kernel.errors import PermissionRefused, WrongState
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Membership, Role
from apps.platform.businesses.services.company_sign_in import let_in
from tests.factories.businesses import actor_of, make_business, make_member, make_user

from .company_server import CLIENT_ID, CLIENT_SECRET, CompanyServer, running
from .signing_in import give_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(settings: Any) -> Iterator[CompanyServer]:
    with running() as server:
        app = {
            "provider_id": "company",
            "name": "Acme",
            "client_id": CLIENT_ID,
            "secret": CLIENT_SECRET,
            "settings": {"server_url": server.url, "oauth_pkce_enabled": True},
        }
        provider = {"provider_class": "apps.platform.accounts.oidc.CompanySignIn", "APPS": [app]}
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": provider}
        settings.COMPANY_SIGN_IN_DOMAINS = ["acme.example"]
        yield server


def come_in(client: Client, change: Any = None) -> Any:
    """What a browser does: to the company, and back with a code."""
    away = client.post(reverse("openid_connect_login", args=["company"]))
    assert away.status_code == 302, away.content[:500]
    back = requests.get(away.url, allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{change(parts.query) if change else parts.query}")


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_member_comes_in_by_the_company(client: Client, company: CompanyServer) -> None:
    ada = make_user("ada@acme.example")
    make_member(make_business(), "cashier", user=ada)
    assert b"Sign in with Acme" in client.get(reverse("account_login")).content

    assert come_in(client).url == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert SocialAccount.objects.get().user == ada
    again = Client()
    come_in(again)
    assert is_in(again)


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": ""},
        {"aud": "another-program"},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": int(dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp())},  # a fixed name for both workers
        {"sub": ""},
        {"email_verified": False},
        {"email": "boss@other.example"},
    ],
    ids=str,
)
def test_a_token_with_a_lie_opens_nothing(
    client: Client, company: CompanyServer, lie: dict[str, Any]
) -> None:
    business = make_business()
    make_member(business, "cashier", user=make_user("ada@acme.example"))
    make_member(business, "admin", user=make_user("boss@other.example"))
    company.lies = lie

    answer = come_in(client)

    assert answer.status_code in {200, 400, 401, 403}
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_a_token_signed_by_somebody_else_opens_nothing(client: Client, company: CompanyServer) -> None:
    make_member(make_business(), "cashier", user=make_user("ada@acme.example"))
    company.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    come_in(client)

    assert not is_in(client)


def test_a_state_of_another_browser_opens_nothing(client: Client, company: CompanyServer) -> None:
    make_member(make_business(), "cashier", user=make_user("ada@acme.example"))

    come_in(client, lambda query: query.replace("state=", "state=x"))

    assert not is_in(client)


def test_a_stranger_of_the_domain_stays_out_where_nobody_takes_newcomers(
    client: Client, company: CompanyServer
) -> None:
    assert come_in(client).status_code == 403
    assert not User.objects.filter(email="ada@acme.example").exists()


def test_a_newcomer_of_the_domain_waits_until_let_in(
    client: Client, company: CompanyServer, settings: Any
) -> None:
    business = make_business()
    settings.COMPANY_SIGN_IN_BUSINESS, settings.COMPANY_SIGN_IN_ROLE = business.slug, "cashier"

    come_in(client)
    waiting = client.get("/admin/")
    assert waiting.status_code == 403
    assert b"Waiting for approval" in waiting.content
    member = Membership.unscoped.get(business=business, status="pending")
    assert not member.user.has_usable_password()

    owner_role = Role.unscoped.get(business=business, code="owner")
    with pytest.raises(PermissionRefused):
        let_in(actor_of(business, "admin"), membership_id=member.pk, role_id=owner_role.pk)
    let_in(actor_of(business, "admin"), membership_id=member.pk, role_id=member.role_id)
    with pytest.raises(WrongState):
        let_in(actor_of(business), membership_id=member.pk, role_id=member.role_id)
    assert client.get("/admin/").status_code == 200


def test_the_company_does_not_replace_the_own_second_step(client: Client, company: CompanyServer) -> None:
    ada = make_user("ada@acme.example")
    make_member(make_business(), "cashier", user=ada)
    give_app(ada)

    assert come_in(client).url == reverse("mfa_authenticate")
    assert not is_in(client)


def test_a_platform_administrator_never_comes_by_a_company(client: Client, company: CompanyServer) -> None:
    admin = make_user("ada@acme.example")
    User.objects.filter(pk=admin.pk).update(is_platform_admin=True)

    assert come_in(client).status_code == 403
    assert not is_in(client)


def test_without_configuration_there_is_no_such_door(client: Client) -> None:
    assert client.post(reverse("openid_connect_login", args=["company"])).status_code == 404
    assert b"Sign in with a passkey" in client.get(reverse("account_login")).content
