"""A company's SAML server, small and real: it reads the request, signs its answer, and lies on demand."""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from defusedxml import ElementTree
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Xml

ENTITY, SIGN_IN, SIGN_OUT = (
    "https://idp.acme.example",
    "https://idp.acme.example/sso",
    "https://idp.acme.example/out",
)
_SPACES = (
    'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
)


class SamlServer:
    """Signs in `email`; what is given to `answer` replaces parts of it."""

    def __init__(self) -> None:
        self.key, self.certificate = _key_pair()
        self.email, self.uid = "ada@acme.example", "77"

    def asked(self, location: str) -> dict[str, str]:
        """The request that a browser brings: its id and where the answer is to go."""
        packed = parse_qs(urlsplit(location).query)["SAMLRequest"][0]
        root = ElementTree.fromstring(zlib.decompress(base64.b64decode(packed), -15))
        issuer = root.find("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer")
        return {
            "id": root.get("ID"), "to": root.get("AssertionConsumerServiceURL"), "audience": issuer.text,
        }  # fmt: skip

    def assertion(self, asked: dict[str, str], **lies: Any) -> str:
        """What is said of the person, unsigned."""
        said = {
            "issuer": ENTITY, "audience": asked["audience"], "recipient": asked["to"], "answers": asked["id"],
            "minutes": 5, "email": self.email, "uid": self.uid, "format": Names.NAMEID_PERSISTENT, **lies,
        }  # fmt: skip
        answers = f'InResponseTo="{said["answers"]}" ' if said["answers"] else ""
        return (
            f'<saml:Assertion {_SPACES} ID="_{uuid4().hex}" Version="2.0" IssueInstant="{_time(0)}">'
            f"<saml:Issuer>{said['issuer']}</saml:Issuer>"
            f'<saml:Subject><saml:NameID Format="{said["format"]}">{said["uid"]}</saml:NameID>'
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<saml:SubjectConfirmationData {answers}NotOnOrAfter="{_time(said["minutes"])}" '
            f'Recipient="{said["recipient"]}"/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{_time(said["minutes"] - 10)}" NotOnOrAfter="{_time(said["minutes"])}">'
            f"<saml:AudienceRestriction><saml:Audience>{said['audience']}</saml:Audience></saml:AudienceRestriction>"
            f'</saml:Conditions><saml:AuthnStatement AuthnInstant="{_time(0)}" SessionIndex="_1"><saml:AuthnContext>'
            "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
            "</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>"
            f'<saml:Attribute Name="email"><saml:AttributeValue>{said["email"]}</saml:AttributeValue></saml:Attribute>'
            '<saml:Attribute Name="displayName"><saml:AttributeValue>Ada</saml:AttributeValue></saml:Attribute>'
            "</saml:AttributeStatement></saml:Assertion>"
        )

    def signed(self, assertion: str) -> str:
        return Xml.add_sign(
            assertion,
            self.key,
            self.certificate,
            sign_algorithm=Names.RSA_SHA256,
            digest_algorithm=Names.SHA256,
        ).decode()

    def answer(self, asked: dict[str, str], *assertions: str, to: str = "") -> str:
        """The whole answer as a browser posts it; the assertions as they are."""
        said = (
            f'<samlp:Response {_SPACES} ID="_{uuid4().hex}" Version="2.0" IssueInstant="{_time(0)}" '
            f'Destination="{to or asked["to"]}" InResponseTo="{asked["id"]}"><saml:Issuer>{ENTITY}</saml:Issuer>'
            '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
            f"{''.join(assertions)}</samlp:Response>"
        )
        return base64.b64encode(said.encode()).decode()


def _time(minutes: int) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _key_pair() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.acme.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.decode(), certificate.public_bytes(pem).decode()
