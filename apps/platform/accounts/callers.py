"""Where a request comes from: the address that `CallerAddressMiddleware` left, and the device as it calls itself."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

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
        ip=str(request.META.get("REMOTE_ADDR", "")),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:200],
        request_id=getattr(request, "request_id", ""),
    )
