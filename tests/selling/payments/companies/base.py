"""A company on loopback: its documented protocol over HTTP, money that moves once, answers that can get lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from apps.selling.payments.providers import PaymentProvider

Answer = tuple[int, Any]
Message = tuple[dict[str, str], bytes]


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body or b"{}")

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Page:
    """What a buyer was sent to; `units` in the way the company counts."""

    ref: str
    key: str
    units: Any
    currency: str
    state: str = "open"
    capture: str = ""
    refunds: list[dict[str, Any]] = field(default_factory=list)
    # Money that is reserved first: its number, and what was taken of it, each time it moved.
    reserves: bool = False
    reserved: str = ""
    taken: list[Any] = field(default_factory=list)


class Company:
    """Keeps pages by reference. `loses` answers after the work is done, `silent` also those to mere questions; `during`
    runs while a caller waits.
    """

    code: ClassVar[str]
    currency: ClassVar[str] = "GBP"
    values: ClassVar[dict[str, str]]
    secrets: ClassVar[dict[str, str]]
    # Whether its messages carry a time that is signed, and tell of pages that were left and of refunds.
    signs_time: ClassVar[bool] = True
    tells_failures: ClassVar[bool] = True
    tells_refunds: ClassVar[bool] = True

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.answers: dict[str, tuple[bytes, Answer]] = {}
        self.asked: list[Asked] = []
        self.loses = 0
        self.silent = 0
        self.refuses_refunds = False
        self.during: Callable[[], None] = lambda: None
        self.numbers = count(1)
        self.lock = threading.Lock()
        company = self

        class Door(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                split = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(split.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, split.path, query, headers, body)
                with company.lock:
                    company.asked.append(asked)
                    status, content = company.answer(asked)
                company.during()
                if company.silent:
                    company.silent -= 1
                    self.close_connection = True
                    self.connection.close()
                    return
                if company.loses and not split.path.endswith("/oauth2/token") and self.command != "GET":
                    company.loses -= 1
                    self.close_connection = True
                    self.connection.close()
                    return
                text = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = handle_one  # noqa: N815  (the names that http.server calls)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def once(self, key: str, asked: Asked, act: Callable[[], Answer], differs: Answer) -> Answer:
        """The company's idempotency: the first answer again for the same words, a refusal for others."""
        if key in self.answers:
            words, answer = self.answers[key]
            return answer if words == asked.body else differs
        answer = act()
        self.answers[key] = (asked.body, answer)
        return answer

    @property
    def moved_back(self) -> list[Any]:
        return [refund["amount"] for page in self.pages.values() for refund in page.refunds]

    def adapter(self) -> PaymentProvider:
        raise NotImplementedError

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def pay(self, ref: str) -> None:
        """The buyer pays on the page."""
        raise NotImplementedError

    def leave(self, ref: str) -> None:
        """The page ends without money."""
        raise NotImplementedError

    def lapse(self, ref: str) -> None:
        """Reserved money is free again, because its time is over."""
        self.pages[ref].state = "voided"

    def tell(self, kind: str, ref: str, **changed: Any) -> Message:
        """A signed message: "paid", "left" or "refunded"; `at` and `secret` make it a wrong one."""
        raise NotImplementedError
