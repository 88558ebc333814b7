"""Sign-in by a company's SAML server: its people come in, and nothing forged, bent or used twice does."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from apps.platform.accounts.models import User
from monidesk.sign_in_settings import company_sign_in, company_targets, saml_app
from tests.factories.businesses import make_business, make_member, make_user

from .saml_server import ENTITY, SIGN_IN, SIGN_OUT, SamlServer, _key_pair
from .signing_in import give_app

pytestmark = pytest.mark.django_db
DOOR = ["company"]


@pytest.fixture(scope="module")
def pair() -> tuple[str, str]:
    return _key_pair()


@pytest.fixture
def company(settings: Any) -> SamlServer:
    server = SamlServer()
    app = saml_app(
        "Acme", entity=ENTITY, sign_in_url=SIGN_IN, sign_out_url=SIGN_OUT, certificate=server.certificate
    )
    provider = {"provider_class": "apps.platform.accounts.saml.CompanySaml", "APPS": [app]}
    settings.SOCIALACCOUNT_PROVIDERS = {"saml": provider}
    settings.COMPANY_SIGN_IN_DOMAINS = ["acme.example"]
    return server


def go(client: Client, company: SamlServer) -> dict[str, str]:
    """To the company, as far as its server reads what is asked."""
    away = client.post(reverse("saml_login", args=DOOR))
    assert away.status_code == 302, away.content[:500]
    assert away.url.startswith(SIGN_IN)
    return company.asked(away.url)


def come_back(client: Client, said: str) -> Any:
    """The form that the company's page posts, and the redirect that follows it."""
    posted = client.post(reverse("saml_acs", args=DOOR), {"SAMLResponse": said})
    assert posted.status_code == 302, posted.content[:500]
    return client.get(posted.url)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_member_comes_in_and_the_answer_works_once(client: Client, company: SamlServer) -> None:
    ada = make_user("ada@acme.example")
    make_member(make_business(), "cashier", user=ada)
    assert b"Sign in with Acme" in client.get(reverse("account_login")).content

    asked = go(client, company)
    said = company.answer(asked, company.signed(company.assertion(asked)))

    other = Client()
    go(other, company)
    come_back(other, said)
    assert not is_in(other), "another browser asked for something else"
    assert come_back(client, said).url == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert SocialAccount.objects.get().user == ada
    client.logout()
    come_back(client, said)
    assert not is_in(client), "used twice"


LIES: list[dict[str, Any]] = [
    {"issuer": "https://evil.example"},
    {"audience": "https://another-program.example"},
    {"recipient": "https://another-program.example/acs"},
    {"answers": "_another"},
    {"minutes": -5},
    {"email": "boss@other.example"},
    {"email": "boss@other.example<!-- -->@acme.example"},
    {"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_an_answer_with_a_lie_opens_nothing(client: Client, company: SamlServer, lie: dict[str, Any]) -> None:
    business = make_business()
    make_member(business, "cashier", user=make_user("ada@acme.example"))
    make_member(business, "admin", user=make_user("boss@other.example"))
    asked = go(client, company)

    answer = come_back(client, company.answer(asked, company.signed(company.assertion(asked, **lie))))

    assert answer.status_code in {200, 400, 401, 403, 422}
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_what_the_company_did_not_sign_opens_nothing(
    client: Client, company: SamlServer, pair: tuple[str, str]
) -> None:
    business = make_business()
    make_member(business, "cashier", user=make_user("ada@acme.example"))
    make_member(business, "admin", user=make_user("boss@acme.example"))
    for forge in (_unsigned, _signed_by_another, _changed_after, _wrapped, _wrapped_inside, *_RUBBISH):
        browser = Client()
        asked = go(browser, company)
        company_key = company.key, company.certificate
        if forge is _signed_by_another:
            company.key, company.certificate = pair
        said = forge(company, asked)
        company.key, company.certificate = company_key
        come_back(browser, said)
        assert not is_in(browser), forge.__name__
    assert not SocialAccount.objects.exists()


def _unsigned(company: SamlServer, asked: dict[str, str]) -> str:
    return company.answer(asked, company.assertion(asked))


def _signed_by_another(company: SamlServer, asked: dict[str, str]) -> str:
    return company.answer(asked, company.signed(company.assertion(asked)))


def _changed_after(company: SamlServer, asked: dict[str, str]) -> str:
    return company.answer(asked, company.signed(company.assertion(asked)).replace("ada@", "boss@"))


def _wrapped(company: SamlServer, asked: dict[str, str]) -> str:
    forged = company.assertion(asked, email="boss@acme.example", uid="1")
    return company.answer(asked, forged, company.signed(company.assertion(asked)))


def _wrapped_inside(company: SamlServer, asked: dict[str, str]) -> str:
    """The signed assertion is kept inside the signature of a forged one that names the same id."""
    true = company.signed(company.assertion(asked))
    name = re.search(r' ID="([^"]+)"', true)
    signature = re.search(r"<ds:Signature.*?</ds:Signature>", true, re.DOTALL)
    assert name is not None
    assert signature is not None
    bare = true.replace(signature[0], "")
    kept = signature[0].replace("</ds:Signature>", f"<ds:Object>{bare}</ds:Object></ds:Signature>")
    forged = company.assertion(asked, email="boss@acme.example", uid="1")
    forged = re.sub(r' ID="[^"]+"', f' ID="{name[1]}"', forged, count=1)
    return company.answer(asked, forged.replace("</saml:Issuer>", f"</saml:Issuer>{kept}", 1))


def _no_xml(company: SamlServer, asked: dict[str, str]) -> str:
    return base64.b64encode(b"not xml").decode()


def _no_base64(company: SamlServer, asked: dict[str, str]) -> str:
    return "\x00%%%"


def _nothing(company: SamlServer, asked: dict[str, str]) -> str:
    return ""


def _entities(company: SamlServer, asked: dict[str, str]) -> str:
    return base64.b64encode(b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>').decode()


_RUBBISH = (_no_xml, _no_base64, _nothing, _entities)


def test_what_nobody_asked_for_and_other_doors_stay_shut(client: Client, company: SamlServer) -> None:
    ada = make_user("ada@acme.example")
    make_member(make_business(), "cashier", user=ada)
    give_app(ada)
    asked = go(client, company)
    said = company.answer(asked, company.signed(company.assertion(asked)))
    assert come_back(client, said).url == reverse("mfa_authenticate"), (
        "the own second step is asked all the same"
    )
    assert not is_in(client)

    alone = {**asked, "id": ""}
    unasked = company.answer(alone, company.signed(company.assertion(alone))).encode()
    come_back(client, unasked.decode())
    assert not is_in(client), "begun by the company's server"

    User.objects.filter(pk=ada.pk).update(is_platform_admin=True)
    asked = go(client, company)
    refused = come_back(client, company.answer(asked, company.signed(company.assertion(asked))))
    assert refused.status_code == 403

    inside = Client()
    inside.force_login(make_user("eve@acme.example"))
    assert inside.get(reverse("saml_sls", args=DOOR), {"SAMLRequest": "x"}).status_code == 400
    assert is_in(inside), "nobody is signed out by an unsigned word"
    assert inside.get(reverse("saml_login", args=DOOR)).status_code == 405
    said_of_us = client.get(reverse("saml_metadata", args=DOOR)).content.decode()
    assert reverse("saml_acs", args=DOOR) in said_of_us


def test_without_configuration_there_is_no_such_door(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.post(reverse("saml_login", args=DOOR)).status_code == 404
    assert client.get(reverse("saml_metadata", args=DOOR)).status_code == 404

    for name, value in (
        ("SAML_ENTITY_ID", ENTITY),
        ("SAML_SIGN_IN_URL", SIGN_IN),
        ("SAML_CERTIFICATE", "MII"),
    ):
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match="COMPANY_SIGN_IN_DOMAINS"):
        company_sign_in()
    monkeypatch.setenv("COMPANY_SIGN_IN_DOMAINS", "acme.example")
    assert company_targets(company_sign_in()) == ["https://idp.acme.example"]
