"""Where a request comes from: the address as the proxies we trust give it, and the device as it calls itself."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from allauth.core.internal.httpkit import get_client_ip
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Caller:
    """The other end of a request."""

    ip: str = ""
    user_agent: str = ""
    request_id: str = ""

    @property
    def network(self) -> str:
        """What is counted as one address: an IPv4 address, or the /64 that one IPv6 household has."""
        try:
            address = ipaddress.ip_address(self.ip)
        except ValueError:
            return "unknown"
        if address.version == 6:
            return str(ipaddress.ip_network((address, 64), strict=False).network_address)
        return str(address)


def caller_of(request: HttpRequest | None) -> Caller:
    """The caller of a request; an empty one for a command or a test without a request."""
    if request is None:
        return Caller()
    return Caller(
        ip=address_of(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:200],
        request_id=getattr(request, "request_id", ""),
    )


def address_of(request: HttpRequest) -> str:
    """The address of the caller; "" when it cannot be told."""
    try:
        return get_client_ip(request) or ""
    except (ImproperlyConfigured, ValueError):
        # Fewer addresses than trusted proxies: somebody came past them. The connection's own end is true.
        return str(request.META.get("REMOTE_ADDR", ""))
