"""Companies that carry messages, on this machine: they keep what they were asked, and answer as told."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Asked:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), strict_parsing=True).items()}


@dataclass
class Carrier:
    """A company's server: `answer` is what it says next, `asked` what it was asked."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    asked: list[Asked] = field(default_factory=list)

    def says(self, status: int, body: Any = None, **headers: str) -> None:
        self.status, self.headers = status, {name.replace("_", "-"): text for name, text in headers.items()}
        self.body = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()


@contextmanager
def carrier() -> Iterator[Carrier]:
    """The server, on a free port of loopback, until the block ends."""
    told = Carrier()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            named = {name.lower(): text for name, text in self.headers.items()}
            told.asked.append(Asked(self.path, named, body))
            self.send_response(told.status)
            for name, text in told.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    """A mail server with STARTTLS and a password: what it took, and whom it does not know."""

    port: int = 0
    taken: list[Any] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)
    passwords: dict[str, str] = field(default_factory=lambda: {"harbour": "correct horse"})

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.strangers:
            return "550 5.1.1 Nobody of this name here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(envelope)
        return "250 Taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = (
            isinstance(data, LoginPassword)
            and self.passwords.get(data.login.decode()) == data.password.decode()
        )
        return AuthResult(success=known, handled=False)


@contextmanager
def mail_server(folder: Path) -> Iterator[tuple[Mailbox, Path]]:
    """The server and the certificate to trust."""
    import ssl

    certificate = make_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    mailbox = Mailbox()
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=_free_port(), tls_context=context, require_starttls=True,
        authenticator=mailbox.authenticate, auth_required=True,
    )  # fmt: skip
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox, certificate
    finally:
        controller.stop()


def make_certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "mail.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Silence:
    """A company that accepts and never answers."""

    def __init__(self) -> None:
        import socket

        self._door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self.callers: list[Any] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                self.callers.append(self._door.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        import socket

        # A blocked accept() is woken by shutdown, not by close alone.
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for caller in self.callers:
            caller.close()
        self._thread.join(5)
