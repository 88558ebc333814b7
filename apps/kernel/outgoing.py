"""Calls to addresses that somebody else named: resolved once, checked, and connected to exactly as checked.

A name that is checked and then given to a library is looked up a second time, and its owner may answer differently
the second time: with a machine behind ours. So the connection goes to the number that was checked, while TLS and the
`Host` header keep the name.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
LARGEST_ANSWER = 256 * 1024
# Numbers that lead to an IPv4 machine in disguise, perhaps to one of ours.
_TRANSLATED = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96")]


class AddressRefused(Exception):
    """The address leads into a network that is not the public internet, or has a form that is not served."""


class NoSuchHost(Exception):
    """The name could not be resolved."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side said."""

    status: int
    headers: dict[str, str]
    body: bytes


def is_public(number: str) -> bool:
    """Whether an IP address belongs to the public internet, and to one machine there."""
    ip = ipaddress.ip_address(number.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if isinstance(ip, ipaddress.IPv6Address) and (
        ip.teredo is not None or any(ip in net for net in _TRANSLATED)
    ):
        return False
    return ip.is_global and not ip.is_multicast


def resolve(host: str, port: int, *, allow_private: bool = False) -> list[str]:
    """The host's addresses, looked up once. Raises `AddressRefused` when one of them is not public, `NoSuchHost`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoSuchHost(f"{host}: {error}") from error
    numbers = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    # One that is not public among several is refused too: which one is taken would be left to chance.
    if not numbers or not (allow_private or all(is_public(number) for number in numbers)):
        raise AddressRefused(host)
    return numbers


def connect(numbers: list[str], port: int, timeout: float) -> socket.socket:
    """A connection to the first of the checked numbers that answers; nothing is looked up. Raises OSError."""
    trouble: OSError = OSError("no address")
    for number in numbers:
        try:
            return socket.create_connection((number, port), timeout)
        except OSError as error:
            trouble = error
    raise trouble


def request(
    method: str, url: str, *, headers: dict[str, str], body: bytes = b"", allow_private: bool = False
) -> Reply:
    """One request to a checked address, without following redirects.

    Only https at port 443; `allow_private` also lets http, other ports and addresses of one's own network through.
    Raises `AddressRefused`, `NoSuchHost`, and urllib3's errors or OSError for no answer.
    """
    asked = urlsplit(url)
    host, is_tls = asked.hostname or "", asked.scheme == "https"
    if not host or asked.username is not None or asked.scheme not in {"https", "http"}:
        raise AddressRefused(url)
    port = asked.port or (443 if is_tls else 80)
    if not allow_private and (not is_tls or port != 443):
        raise AddressRefused(url)
    number = resolve(host, port, allow_private=allow_private)[0]
    timeout = urllib3.Timeout(CONNECT_SECONDS, READ_SECONDS)
    pool: urllib3.HTTPConnectionPool
    if is_tls:
        pool = urllib3.HTTPSConnectionPool(
            number, port, timeout=timeout, retries=False, server_hostname=host, assert_hostname=host
        )
    else:
        pool = urllib3.HTTPConnectionPool(number, port, timeout=timeout, retries=False)
    target = (asked.path or "/") + (f"?{asked.query}" if asked.query else "")
    with pool:
        answer = pool.urlopen(
            method, target, body=body, headers={"Host": asked.netloc, **headers}, redirect=False,
            preload_content=False,
        )  # fmt: skip
        try:
            text = answer.read(LARGEST_ANSWER)
        finally:
            answer.release_conn()
    return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, text)
