"""Calls to a company: time-outs, the circuit, and what counts as an answer."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from apps.kernel import clock
from apps.kernel.circuits import Circuit
from apps.selling.payments.providers import ProviderRefused, ProviderUnavailable, http
from apps.selling.payments.providers.sandbox import company_circuit


class Company(BaseHTTPRequestHandler):
    answers: ClassVar[tuple[int, bytes]] = (200, b"{}")

    def do_GET(self) -> None:
        status, body = self.answers
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Company)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408, 302])
def test_what_says_nothing_may_have_been_done(
    address: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Company, "answers", (status, b"{}"))
    with pytest.raises(ProviderUnavailable):
        http.call("GET", address, headers={})


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b"\xff"])
def test_a_200_that_is_not_an_answer_may_have_been_done(
    address: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Company, "answers", (200, body))
    with pytest.raises(ProviderUnavailable):
        http.call("GET", address, headers={})


def test_a_refusal_is_an_answer(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Company, "answers", (422, json.dumps({"error": "No."}).encode()))
    with pytest.raises(ProviderRefused, match=r"No\."):
        http.call("GET", address, headers={})


def test_a_company_that_accepts_and_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(http, "_pool", http.urllib3.PoolManager(retries=False, timeout=0.2))
    start = time.monotonic()
    with silent, pytest.raises(ProviderUnavailable):
        http.call("GET", f"http://127.0.0.1:{silent.getsockname()[1]}/", headers={})
    assert time.monotonic() - start < 5


def test_nobody_there() -> None:
    with pytest.raises(ProviderUnavailable):
        http.call("GET", "http://127.0.0.1:1/", headers={})


def fail(circuit: Circuit) -> None:
    with pytest.raises(ProviderUnavailable), circuit.guard():
        raise ProviderUnavailable


@pytest.mark.django_db
def test_the_circuit_opens_lets_one_through_and_closes() -> None:
    circuit = company_circuit("acme")
    for _time in range(5):
        assert not circuit.is_open
        fail(circuit)
    assert circuit.is_open
    with pytest.raises(ProviderUnavailable) as refusal, circuit.guard():
        raise AssertionError("not called")
    assert refusal.value.code == "provider_circuit_open"

    with clock.travel(dt.timedelta(seconds=31)):
        fail(circuit)
        assert circuit.is_open
    with clock.travel(dt.timedelta(seconds=62)):
        with circuit.guard(), pytest.raises(ProviderUnavailable), circuit.guard():
            raise AssertionError("only one trial at a time")
        assert not circuit.is_open


@pytest.mark.django_db
def test_a_refusal_does_not_open_the_circuit() -> None:
    circuit = company_circuit("acme")
    for _time in range(9):
        with pytest.raises(ProviderRefused), circuit.guard():
            raise ProviderRefused
    assert not circuit.is_open
