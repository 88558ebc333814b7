"""Serving and asking: gunicorn with two workers, `wrk` with eight connections, and a small browser-like client."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

CLIENTS = 8
WORKERS = 2


@contextlib.contextmanager
def served(
    application: str, port: int, environment: dict[str, str], *, workers: int = WORKERS, threads: int = 4
) -> Iterator[str]:
    """Serve a WSGI application by gunicorn within the block; gives its address."""
    command = [sys.executable, "-m", "gunicorn", "--config", "python:monidesk.web_server", application]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", str(threads)]
    command += ["--preload", "--keep-alive", "30", "--log-level", "warning"]
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_it_answers(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError("The web server ended before it answered.")
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            connection.close()
            return
        time.sleep(0.1)
    raise RuntimeError("The web server did not answer within 30 seconds.")


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests (or pieces of work) a second, the 95th percentile in milliseconds, and how many failed."""

    per_second: float
    p95_ms: float
    failures: int


def ask(url: str, *, seconds: int = 8) -> Rate:
    """Ask for one page with eight connections for so many seconds."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("Install `wrk` (Debian: apt-get install wrk) to measure pages.")
    script = os.path.join(os.path.dirname(__file__), "percentile.lua")
    subprocess.run([wrk, "-t1", f"-c{CLIENTS}", "-d2s", url], check=True, capture_output=True)
    time.sleep(0.5)  # until the server has closed those connections, which it would still count as held
    result = subprocess.run(
        [wrk, "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-s", script, url],
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"RATE (\S+) P95 (\S+) BAD (\d+)", result.stdout)
    if found is None:
        raise RuntimeError(f"wrk said: {result.stdout} {result.stderr}")
    return Rate(float(found[1]), float(found[2]), int(found[3]))


class Browser:
    """Keeps cookies and a connection, follows redirects, fills in the form's hidden fields."""

    def __init__(self, base: str) -> None:
        parts = urllib.parse.urlsplit(base)
        self.host = parts.netloc
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=60)
        self.cookies: dict[str, str] = {}
        self.page = ""
        self.path = ""
        self.location = ""
        self.status = 0
        self.last_used = 0.0
        self.strict = True

    def get(self, path: str, *, follow: bool = True) -> str:
        return self._send("GET", path, None, follow=follow)

    def post(self, path: str, fields: dict[str, Any], *, follow: bool = True) -> str:
        fields = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **fields}
        return self._send("POST", path, urllib.parse.urlencode(fields, doseq=True), follow=follow)

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', self.page) or re.search(
            rf'value="([^"]*)"[^>]*name="{name}"', self.page
        )
        if found is None:
            raise LookupError(f"no field {name} on {self.path}")
        return found[1]

    def _send(self, method: str, path: str, body: str | None, *, follow: bool = True) -> str:
        for _hop in range(6):
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if body is not None:
                headers |= {
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Origin": f"http://{self.host}",
                    "Referer": f"http://{self.host}{path}",
                }
            if time.monotonic() - self.last_used > 1:
                self.connection.close()  # the server ends idle connections after two seconds
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            content = response.read()
            self.last_used = time.monotonic()
            for name, value in response.getheaders():
                if name.lower() == "set-cookie":
                    key, _equals, rest = value.partition("=")
                    self.cookies[key] = rest.split(";", 1)[0]
            self.path, self.status = path, response.status
            if response.status in {301, 302, 303}:
                self.location = response.headers["Location"]
                if not follow:
                    return ""
                target = urllib.parse.urlsplit(self.location)
                path = target.path + (f"?{target.query}" if target.query else "")
                method, body = "GET", None
                continue
            self.page = content.decode("utf-8", "replace")
            if response.status >= 500 or (response.status >= 400 and self.strict):
                raise RuntimeError(f"{method} {path} answered {response.status}: {self.page[:300]}")
            return self.page
        raise RuntimeError("too many redirects")


def repeat(work: Callable[[int], None], *, times: int, clients: int = CLIENTS) -> Rate:
    """Do `work(index)` for each index below `times` from so many threads, and time each."""
    indexes = iter(range(times))
    guard = threading.Lock()
    durations: list[float] = []
    failures: list[Exception] = []

    def client() -> None:
        while True:
            with guard:
                index = next(indexes, None)
            if index is None:
                return
            begin = time.perf_counter()
            try:
                work(index)
            except Exception as error:
                failures.append(error)
            durations.append(time.perf_counter() - begin)

    begin = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begin
    for error in failures[:3]:
        print("  failed:", error, file=sys.stderr)
    durations.sort()
    p95 = durations[int(len(durations) * 0.95) - 1] * 1000
    return Rate((times - len(failures)) / elapsed, p95, len(failures))
