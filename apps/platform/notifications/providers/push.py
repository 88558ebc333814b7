"""Web Push: RFC 8030 (the knock), 8291 (the sealed words), 8292 (who knocks)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

import http_ece
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.kernel import outgoing
from apps.platform.notifications import vapid

from .base import Account, Browser, NoAnswer, NotDelivered, Outgoing, Setting, Undeliverable
from .http import Answer, raise_unless_taken

LONGEST_ENDPOINT = 1000
# A telephone that is off for longer than a day finds the alert at the bell.
KEPT_SECONDS = 24 * 60 * 60
_GONE = {404, 410}
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/[!-~]*")


class BrowserRefused(ValueError):
    """What a browser gave is not what browsers give."""


class WebPush:
    """Every browser names its own push service; the words are sealed so that the service cannot read them."""

    code: ClassVar[str] = "webpush"
    channel: ClassVar[str] = "push"
    name: ClassVar[Any] = _("The browsers' own services")
    description: ClassVar[Any] = _(
        "Nothing to set up. Each browser is told by the company that makes it, which cannot read the words."
    )
    settings: ClassVar[Sequence[Setting]] = ()
    is_sandbox: ClassVar[bool] = False

    def line(self, account: Account, message: Outgoing | None) -> str:
        browser = message.browser if message is not None else None
        return urlsplit(browser.endpoint).netloc if browser is not None else ""

    def deliver(self, message: Outgoing, account: Account) -> str:
        browser, key = message.browser, vapid.find_key()
        if browser is None:
            raise Undeliverable(str(_("This browser was turned off in the meantime.")))
        if key is None:
            raise NotDelivered(str(_("This installation has no key for browsers.")))
        try:
            # Again, because what is allowed may have changed since the browser was turned on.
            check_browser(browser)
            reply = outgoing.request(
                "POST",
                browser.endpoint,
                headers={
                    "Authorization": vapid.authorization(browser.endpoint, key),
                    "Content-Encoding": "aes128gcm",
                    "Content-Type": "application/octet-stream",
                    "TTL": str(KEPT_SECONDS),
                    "Urgency": "normal",
                },
                body=seal(words_of(message), browser),
                allow_private=_is_loopback(browser.endpoint),
            )
        except (BrowserRefused, outgoing.AddressRefused) as error:
            raise Undeliverable(f"{type(error).__name__}", bad_address=True) from error
        except (urllib3.exceptions.HTTPError, outgoing.NoSuchHost, OSError) as error:
            # Without the address: whoever has it can knock.
            raise NoAnswer(f"No answer: {type(error).__name__}") from error
        if reply.status in _GONE:
            raise Undeliverable(f"{reply.status} the browser is gone", bad_address=True)
        raise_unless_taken(
            Answer(reply.status, reply.headers, {}), reply.body[:200].decode("utf-8", "replace")
        )
        return ""


def words_of(message: Outgoing) -> bytes:
    """What the service worker shows; the tag makes a second delivery replace the first."""
    words = {"title": message.subject, "body": message.text, "url": message.link, "tag": str(message.id)}
    return json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()


def seal(words: bytes, browser: Browser) -> bytes:
    """The words as only this browser can read them, under a key made for this message."""
    sealed: bytes = http_ece.encrypt(
        words,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=vapid.decode(browser.p256dh),
        auth_secret=vapid.decode(browser.auth),
        version="aes128gcm",
    )
    return sealed


def check_browser(browser: Browser) -> None:
    """Raises `BrowserRefused` for an address of no push service, or keys that are none."""
    place = urlsplit(browser.endpoint)
    if len(browser.endpoint) > LONGEST_ENDPOINT or not _ADDRESS.fullmatch(browser.endpoint):
        raise BrowserRefused("not an address")
    if not (_is_loopback(browser.endpoint) or _is_push_service(place.scheme, place.netloc.lower())):
        raise BrowserRefused("not a push service")
    try:
        point, secret = vapid.decode(browser.p256dh), vapid.decode(browser.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise BrowserRefused("not a key") from error
    if len(point) != 65 or len(secret) != 16:
        raise BrowserRefused("not a key")


def _is_push_service(scheme: str, netloc: str) -> bool:
    # The whole of what stands between // and /: a port, a name or a password beside the host fits no entry.
    return scheme == "https" and any(
        netloc.endswith(entry) if entry.startswith(".") else netloc == entry for entry in settings.PUSH_HOSTS
    )


def _is_loopback(endpoint: str) -> bool:
    """Whether it is a push service on this machine, which the installation has named with its port."""
    place = urlsplit(endpoint)
    return place.hostname == "127.0.0.1" and place.netloc in settings.PUSH_HOSTS
