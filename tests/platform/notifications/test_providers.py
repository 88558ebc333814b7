"""Each company is asked as its own documentation says, against a server on this machine."""

from __future__ import annotations

import base64
import email
import email.policy
import smtplib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.kernel.ids import new_id
from apps.platform.notifications.providers import (
    Account,
    NotDelivered,
    Outgoing,
    Undeliverable,
    get_provider,
    mail,
)
from tests.platform.notifications.carriers import Carrier, carrier, mail_server

PASSWORD = "correct horse"
MAIL = {"from_email": "shop@harbour.example", "from_name": "Harbour", "reply_to": "help@harbour.example"}
HEADERS = {"List-Unsubscribe": "<https://x.example/u/1>"}
SNS_ANSWER = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>sns-1</MessageId>'
    b"</PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>"
)
KEYS = {"region": "eu-west-1", "access_key_id": "AKIAHARBOUR"}


@pytest.fixture
def company(settings: Any) -> Iterator[Carrier]:
    with carrier() as found:
        codes = ("sendgrid", "twilio", "whatsapp_cloud", "ses", "sns")
        settings.MESSAGE_PROVIDER_URLS = dict.fromkeys(codes, found.url)
        yield found


def outgoing(to: str = "bea@example.com", **changes: Any) -> Outgoing:
    known = {
        "subject": "Your mug — paid",
        "text": "Line one\nline two",
        "html": "<p>Line one</p>",
        "sender_name": "Harbour Goods",
    }
    return Outgoing(id=new_id(), to=to, **{**known, **changes})


def test_sendgrid(company: Carrier) -> None:
    company.says(202, X_Message_Id="sg-7")
    message = outgoing(headers=HEADERS)
    account = Account(MAIL, {"api_key": "SG.key"})

    assert get_provider("sendgrid").deliver(message, account) == "sg-7"

    asked = company.asked[0]
    assert asked.path == "/v3/mail/send"
    assert asked.headers["authorization"] == "Bearer SG.key"
    assert asked.json == {
        "personalizations": [
            {"to": [{"email": "bea@example.com"}], "custom_args": {"monidesk_id": str(message.id)}}
        ],
        "from": {"email": "shop@harbour.example", "name": "Harbour"},
        "reply_to": {"email": "help@harbour.example"},
        "subject": "Your mug — paid",
        "content": [
            {"type": "text/plain", "value": "Line one\nline two"},
            {"type": "text/html", "value": "<p>Line one</p>"},
        ],
        "headers": HEADERS,
    }


def test_twilio(company: Carrier) -> None:
    company.says(201, {"sid": "SM1"})
    account = Account({"account_sid": "AC9", "from": "+15005550006"}, {"auth_token": "tok"})
    message = outgoing("+447700900123", status_url="https://shop.example/hook/")

    assert get_provider("twilio").deliver(message, account) == "SM1"

    asked = company.asked[0]
    assert asked.path == "/2010-04-01/Accounts/AC9/Messages.json"
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"AC9:tok").decode()
    assert asked.form == {
        "To": "+447700900123",
        "From": "+15005550006",
        "Body": "Line one\nline two",
        "StatusCallback": "https://shop.example/hook/",
    }


def test_twilio_messaging_service(company: Carrier) -> None:
    company.says(201, {"sid": "SM2"})
    account = Account({"account_sid": "AC9", "from": "MG77"}, {"auth_token": "tok"})
    get_provider("twilio").deliver(outgoing("+447700900123"), account)
    assert company.asked[0].form["MessagingServiceSid"] == "MG77"
    assert "From" not in company.asked[0].form


def test_whatsapp_text_and_template(company: Carrier) -> None:
    company.says(200, {"messages": [{"id": "wamid.1"}]})
    values = {"phone_number_id": "106540"}
    provider, secrets = get_provider("whatsapp_cloud"), {"access_token": "EAA"}

    assert provider.deliver(outgoing("+447700900123"), Account(values, secrets)) == "wamid.1"
    named = Account(values | {"template": "order_news"}, secrets)
    provider.deliver(outgoing("+447700900123", language="pt-br"), named)

    plain, templated = company.asked
    assert plain.path == "/v21.0/106540/messages"
    assert plain.headers["authorization"] == "Bearer EAA"
    assert plain.json["to"] == "447700900123"
    assert plain.json["text"] == {"preview_url": False, "body": "Line one\nline two"}
    assert templated.json["template"]["name"] == "order_news"
    assert templated.json["template"]["components"][0]["parameters"] == [
        {"type": "text", "text": "Line one line two"}
    ]


def test_ses(company: Carrier) -> None:
    company.says(200, {"MessageId": "ses-1"}, Content_Type="application/json")
    account = Account(KEYS | MAIL, {"secret_access_key": "shh"})

    assert get_provider("ses").deliver(outgoing(headers=HEADERS), account) == "ses-1"

    asked = company.asked[0]
    assert asked.path == "/v2/email/outbound-emails"
    assert asked.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAHARBOUR/")
    assert "/eu-west-1/ses/aws4_request" in asked.headers["authorization"]
    assert asked.json["FromEmailAddress"] == "Harbour <shop@harbour.example>"
    assert asked.json["Destination"] == {"ToAddresses": ["bea@example.com"]}
    simple = asked.json["Content"]["Simple"]
    assert simple["Body"]["Text"]["Data"] == "Line one\nline two"
    assert simple["Headers"] == [{"Name": "List-Unsubscribe", "Value": "<https://x.example/u/1>"}]


def test_sns(company: Carrier) -> None:
    company.says(200, SNS_ANSWER, Content_Type="text/xml")
    account = Account(KEYS | {"sender_id": "Harbour"}, {"secret_access_key": "shh"})

    assert get_provider("sns").deliver(outgoing("+447700900123"), account) == "sns-1"

    asked = company.asked[0]
    assert "/eu-west-1/sns/aws4_request" in asked.headers["authorization"]
    assert asked.form["Action"] == "Publish"
    assert asked.form["PhoneNumber"] == "+447700900123"
    assert asked.form["Message"] == "Line one\nline two"


def sns_error(code: str) -> bytes:
    return (
        f'<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>{code}</Code>'
        "<Message>No</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    ).encode()


ACCOUNTS = {
    "sendgrid": Account(MAIL, {"api_key": "k"}),
    "twilio": Account({"account_sid": "AC9", "from": "+15005550006"}, {"auth_token": "t"}),
    "whatsapp_cloud": Account({"phone_number_id": "1"}, {"access_token": "t"}),
    "ses": Account(KEYS | MAIL, {"secret_access_key": "s"}),
    "sns": Account(KEYS, {"secret_access_key": "s"}),
}


@pytest.mark.parametrize("code", ACCOUNTS)
@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_what_may_work_later_is_not_lost(company: Carrier, code: str, status: int) -> None:
    company.says(status, b"<html>", Content_Type="text/xml" if code == "sns" else "application/json")
    with pytest.raises(NotDelivered):
        get_provider(code).deliver(outgoing("+447700900123"), ACCOUNTS[code])


@pytest.mark.parametrize(
    ("code", "status", "body", "bad_address"),
    [
        ("sendgrid", 400, {"errors": [{"message": "x", "field": "personalizations.0.to.0.email"}]}, True),
        ("sendgrid", 413, {"errors": [{"message": "too large", "field": "content"}]}, False),
        ("twilio", 400, {"code": 21211, "message": "not a number"}, True),
        ("twilio", 400, {"code": 21606, "message": "From is not yours"}, False),
        ("whatsapp_cloud", 400, {"error": {"code": 131026, "message": "undeliverable"}}, True),
        ("whatsapp_cloud", 400, {"error": {"code": 131047, "message": "more than 24 hours"}}, False),
        ("sns", 400, sns_error("OptedOut"), True),
        ("sns", 400, sns_error("InvalidParameter"), False),
    ],
)
def test_what_never_works_is_told_apart(
    company: Carrier, code: str, status: int, body: Any, bad_address: bool
) -> None:
    company.says(status, body)
    with pytest.raises(Undeliverable) as refused:
        get_provider(code).deliver(outgoing("+447700900123"), ACCOUNTS[code])
    assert refused.value.bad_address is bad_address


@pytest.mark.parametrize("code", ["sendgrid", "twilio", "whatsapp_cloud", "ses", "sns"])
def test_nobody_there(settings: Any, code: str) -> None:
    settings.MESSAGE_PROVIDER_URLS = dict.fromkeys(ACCOUNTS, "http://127.0.0.1:9")
    with pytest.raises(NotDelivered):
        get_provider(code).deliver(outgoing("+447700900123"), ACCOUNTS[code])


def smtp_account(port: int, password: str = PASSWORD) -> Account:
    values = {"host": "127.0.0.1", "port": str(port), "username": "harbour", **MAIL}
    return Account(values, {"password": password})


def test_smtp(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.MESSAGES_TO_PRIVATE_ADDRESSES = True
    provider = get_provider("smtp")
    with mail_server(tmp_path) as (mailbox, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        provider.deliver(outgoing(headers=HEADERS), smtp_account(mailbox.port))
        mailbox.strangers.add("nobody@example.com")
        with pytest.raises(Undeliverable) as refused:
            provider.deliver(outgoing("nobody@example.com"), smtp_account(mailbox.port))
        assert refused.value.bad_address
        with pytest.raises(NotDelivered, match="535"):
            provider.deliver(outgoing(), smtp_account(mailbox.port, "wrong"))
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(Exception, match=r"(?i)certificate"):
            provider.deliver(outgoing(), smtp_account(mailbox.port))

    assert len(mailbox.taken) == 1
    envelope = mailbox.taken[0]
    assert envelope.rcpt_tos == ["bea@example.com"]
    read = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert read["From"] == "Harbour <shop@harbour.example>"
    assert read["Reply-To"] == "help@harbour.example"
    assert read["Subject"] == "Your mug — paid"
    assert read["List-Unsubscribe"] == "<https://x.example/u/1>"
    assert read.get_body(("html",)).get_content().strip() == "<p>Line one</p>"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.5", "169.254.169.254", "::1"])
def test_a_business_cannot_reach_machines_behind_ours(host: str) -> None:
    account = Account({"host": host, "port": "25", **MAIL}, {})
    with pytest.raises(NotDelivered, match="not on the public internet"):
        get_provider("smtp").deliver(outgoing(), account)


def test_the_try_out_takes_all_but_its_bad_address() -> None:
    sandbox = get_provider("sandbox_sms")
    message = outgoing("+447700900123")
    assert sandbox.deliver(message, Account()) == f"sandbox-{message.id}"
    with pytest.raises(Undeliverable):
        sandbox.deliver(outgoing("+15005550001"), Account())


@pytest.mark.parametrize(
    ("code", "said", "nobody"),
    [
        (550, b"5.1.1 Nobody of this name", True),
        (550, b"5.1.10 Recipient address has null MX", True),
        (550, b"No such user here", True),
        (553, "5.1.3 Bad address", True),
        (550, b"5.7.1 Relaying denied", False),
        (550, b"5.7.26 Unauthenticated mail", False),
        (551, b"5.7.0 Blocked", False),
        (552, b"5.2.2 Mailbox full", False),
        (554, b"5.1.1 Odd", False),
    ],
)
def test_a_refusal_for_other_reasons_stops_no_address(code: int, said: Any, nobody: bool) -> None:
    refusal = smtplib.SMTPRecipientsRefused({"anna@example.com": (code, said)})

    class Refusing:
        def send_messages(self, _mails: Any) -> int:
            raise refusal

    with pytest.raises(Undeliverable) as refused:
        mail.send(outgoing("anna@example.com"), "shop@example.com", "", Refusing())
    assert refused.value.bad_address is nobody
