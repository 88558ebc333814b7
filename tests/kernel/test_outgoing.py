"""Addresses that somebody else named: checked once, connected to as checked."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from apps.kernel import outgoing
from apps.kernel.ids import new_id
from apps.platform.notifications.providers import Account, NoAnswer, NotDelivered, Outgoing, get_provider
from tests.platform.notifications.carriers import Carrier, carrier, mail_server

PRIVATE = [
    "127.0.0.1", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
    "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::7", "ff02::1", "::ffff:10.0.0.5", "::10.0.0.5",
    "64:ff9b::a00:5", "2002:a00:5::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]  # fmt: skip


@pytest.mark.parametrize("number", PRIVATE)
def test_not_public(number: str) -> None:
    assert not outgoing.is_public(number)


@pytest.mark.parametrize("number", ["93.184.215.14", "2606:4700::6810:85e5", "::ffff:93.184.215.14"])
def test_public(number: str) -> None:
    assert outgoing.is_public(number)


class TwoFaced:
    """A name server that tells a public address first and one of ours ever after."""

    def __init__(self, first: str, then: str) -> None:
        self.answers, self.asked = [first, then], 0

    def __call__(self, host: str, port: Any, *args: Any, **options: Any) -> list[Any]:
        self.asked += 1
        number = self.answers[min(self.asked, 2) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]


def answering(monkeypatch: pytest.MonkeyPatch, first: str, then: str) -> TwoFaced:
    """Names are answered by a name server of ours; numbers stay what they are."""
    names, real = TwoFaced(first, then), socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if isinstance(host, str) and host.endswith(".example"):
            return names(host, port)
        return real(host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def mail_account(host: str, port: int = 587) -> Account:
    values = {"host": host, "port": str(port), "username": "harbour", "from_email": "shop@harbour.example"}
    return Account(values, {"password": "correct horse"})


def mail() -> Outgoing:
    return Outgoing(new_id(), "bea@example.com", "Hello", "Hello")


def test_a_mail_server_whose_name_moves_inside_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check sees the public number; a second look-up would lead to our own machine."""
    names, called = answering(monkeypatch, "93.184.215.14", "127.0.0.1"), []
    monkeypatch.setattr(socket, "create_connection", lambda place, *_rest: called.append(place) or refuse())
    with pytest.raises(NoAnswer):
        get_provider("smtp").deliver(mail(), mail_account("mail.example"))
    assert called == [("93.184.215.14", 587)]
    assert names.asked == 1


@pytest.mark.mutation
def test_control_without_the_check_the_second_answer_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Django's own backend does: the name goes to the socket, which looks it up itself."""
    from django.core.mail.backends.smtp import EmailBackend

    names, called = answering(monkeypatch, "93.184.215.14", "127.0.0.1"), []
    outgoing.resolve("mail.example", 587)
    monkeypatch.setattr(socket.socket, "connect", lambda self, place: called.append(place) or refuse())
    with pytest.raises(OSError, match="refused"):
        EmailBackend(host="mail.example", port=587, use_tls=True).open()
    assert called == [("127.0.0.1", 587)]
    assert names.asked == 2


def refuse() -> Any:
    raise ConnectionRefusedError("refused")


def test_one_inside_among_several_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(2, 1, 6, "", (number, 587)) for number in ("93.184.215.14", "10.0.0.5")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: entries)
    with pytest.raises(NotDelivered, match="not on the public internet"):
        get_provider("smtp").deliver(mail(), mail_account("mail.example"))


def test_tls_asks_for_the_name_and_not_for_the_number(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    """Connected to 127.0.0.1 as checked; its certificate is for the number, so the name does not fit it."""
    settings.MESSAGES_TO_PRIVATE_ADDRESSES = True
    answering(monkeypatch, "127.0.0.1", "93.184.215.14")
    with mail_server(tmp_path) as (mailbox, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(Exception, match=r"(?i)hostname mismatch.*mail\.example"):
            get_provider("smtp").deliver(mail(), mail_account("mail.example", mailbox.port))
        get_provider("smtp").deliver(mail(), mail_account("127.0.0.1", mailbox.port))
    assert len(mailbox.taken) == 1


@pytest.fixture
def company() -> Any:
    with carrier() as found:
        yield found


def test_a_request_goes_where_it_was_checked_and_keeps_the_name(
    monkeypatch: pytest.MonkeyPatch, company: Carrier
) -> None:
    port = company.url.rpartition(":")[2]
    names = answering(monkeypatch, "127.0.0.1", "93.184.215.14")
    reply = outgoing.request(
        "POST", f"http://push.example:{port}/send?a=1", headers={}, body=b"x", allow_private=True
    )
    assert (reply.status, names.asked) == (200, 1)
    assert company.asked[0].path == "/send?a=1"
    assert company.asked[0].headers["host"] == f"push.example:{port}"


def test_a_redirect_is_not_followed(company: Carrier) -> None:
    company.says(302, Location="http://127.0.0.1:9/")
    reply = outgoing.request("POST", company.url, headers={}, allow_private=True)
    assert (reply.status, len(company.asked)) == (302, 1)


@pytest.mark.parametrize(
    "url",
    [
        "http://push.example/x", "https://push.example:8443/x", "https://bea:secret@push.example/x",
        "https://127.0.0.1/x", "https://[::1]/x", "https://0x7f.1/x", "https://2130706433/x", "file:///etc/passwd",
        "ftp://push.example/", "https:///x", "gopher://push.example/",
    ],
)  # fmt: skip
def test_what_is_not_asked(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    answering(monkeypatch, "93.184.215.14", "93.184.215.14")
    with pytest.raises((outgoing.AddressRefused, outgoing.NoSuchHost)):
        outgoing.request("POST", url, headers={})


@pytest.mark.parametrize("region", ["evil.example/#", "a.b", "eu-west-1.evil.example?", "../x"])
def test_a_region_cannot_name_another_host(region: str) -> None:
    values = {"region": region, "access_key_id": "AKIA", "from_email": "shop@harbour.example"}
    for code in ("ses", "sns"):
        with pytest.raises(NotDelivered, match=r"(?i)region"):
            get_provider(code).deliver(mail(), Account(values, {"secret_access_key": "s"}))
