"""Passkeys, codes and the pages of one's account in Chromium, on a phone and on a desk, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from apps.platform.accounts.models import User
from apps.platform.businesses.services.platform import require_two_step
from tests.browser.conftest import grave_findings, runs_over
from tests.factories.businesses import PASSWORD, actor_of, make_business, make_member
from tests.platform.accounts.signing_in import give_app, prove_address, totp_code

Open = Callable[..., Page]


def named(site: Any) -> str:
    """Passkeys need a host with a name."""
    return str(site.url).replace("127.0.0.1", "localhost")


def virtual_authenticator(page: Page) -> Any:
    """A device that holds passkeys and says yes; returns the DevTools session."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    tools.authenticator = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})[
        "authenticatorId"
    ]
    return tools


def by_password(page: Page, site: Any, user: User) -> None:
    page.goto(f"{named(site)}/accounts/login/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.fixture
def cashier(transactional_db: None) -> User:
    business = make_business()
    user = make_member(business, "cashier")
    prove_address(user)
    return user


def test_a_passkey_is_added_and_then_opens_without_a_password(
    cashier: User, site: Any, open_browser: Open
) -> None:
    page = open_browser("desk")
    tools = virtual_authenticator(page)
    by_password(page, site, cashier)
    page.goto(f"{named(site)}/accounts/2fa/webauthn/add/")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add the passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    assert (
        len(tools.send("WebAuthn.getCredentials", {"authenticatorId": tools.authenticator})["credentials"])
        == 1
    )

    page.context.clear_cookies()
    page.goto(f"{named(site)}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/admin/")

    page.context.clear_cookies()
    by_password(page, site, cashier)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/admin/")


def test_a_passkey_that_is_refused_is_said_on_the_page(cashier: User, site: Any, open_browser: Open) -> None:
    page = open_browser("phone")
    tools = virtual_authenticator(page)
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": tools.authenticator, "isUserVerified": False})
    page.goto(f"{named(site)}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    page.get_by_text("No passkey was used").wait_for()


def test_who_must_have_it_is_led_through_the_set_up_and_back_to_work(
    cashier: User, site: Any, open_browser: Open
) -> None:
    business = cashier.memberships(manager="unscoped").get().business  # type: ignore[attr-defined]
    require_two_step(actor_of(business), days=0)
    page = open_browser("phone", "dark")
    by_password(page, site, cashier)

    page.get_by_text("asks everybody who works there").wait_for()
    page.get_by_role("link", name="Set up the app").click()
    page.get_by_text("You cannot scan it?").click()
    secret = page.locator("#authenticator_secret").inner_text()
    page.locator("[name=code]").fill(totp_code(secret))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/admin/")


def test_the_second_step_by_a_code(cashier: User, site: Any, open_browser: Open) -> None:
    give_app(cashier)
    page = open_browser("phone")
    by_password(page, site, cashier)
    page.locator("[name=code]").fill(totp_code())
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/admin/")


@pytest.mark.parametrize(
    ("size", "scheme"), [("phone", "light"), ("phone", "dark"), ("desk", "light"), ("desk", "dark")]
)
def test_the_pages_hold_on_every_screen(
    cashier: User, site: Any, open_browser: Open, size: str, scheme: str
) -> None:
    page = open_browser(size, scheme)
    page.goto(f"{named(site)}/accounts/login/")
    assert (grave_findings(page), runs_over(page)) == ([], False)
    by_password(page, site, cashier)
    for path in (
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/sessions/",
        "/accounts/email/",
        "/admin/me/",
        "/admin/me/sessions/",
    ):
        page.goto(named(site) + path)
        assert (path, grave_findings(page), runs_over(page)) == (path, [], False)
