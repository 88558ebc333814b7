"""Which scripts and styles a page may use: strict for shoppers, as far as its parts allow for the rest.

Store pages run only files of our own and inline pieces that carry the request's nonce
(`{{ request.csp_nonce }}`). The back office's theme evaluates expressions in attributes and writes
styles from scripts, so its policy permits that, and still nothing from other hosts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from csp.constants import HEADER, NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CheckableLazyObject, CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

RELAXED_PATHS = ("/admin/", "/api/v1/docs/")

# The checkout's form ends on the page of the chosen payment company; browsers hold every step of that way to this list.
PAYMENT_PAGES = (
    "https://checkout.stripe.com",
    "https://www.paypal.com",
    "https://www.sandbox.paypal.com",
    "https://checkout.paystack.com",
    "https://rzp.io",
    "https://*.razorpay.com",
)


def strict_policy(*, media_sources: list[str], form_targets: list[str]) -> dict[str, Any]:
    """Return the policy of every page that does not need more."""
    return {
        "DIRECTIVES": {
            "default-src": [SELF],
            "script-src": [SELF, NONCE],
            "style-src": [SELF, NONCE],
            "img-src": [SELF, "data:", *media_sources],
            "font-src": [SELF],
            "connect-src": [SELF, *media_sources],
            "object-src": [NONE],
            "base-uri": [NONE],
            "form-action": [SELF, *PAYMENT_PAGES, *form_targets],
            "frame-ancestors": [NONE],
        }
    }


# Stands in a kept policy where the request's nonce comes.
_NONCE_HERE = "{nonce}"


class PathPolicyMiddleware(CSPMiddleware):
    """Adds the policy that fits the address; written once for all requests that differ in nothing but the nonce."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._kept: dict[tuple[bool, bool], str] = {}

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Take the kept policy, unless the view had a word in it."""
        own = HEADER in response or any(name.startswith("_csp") for name in vars(response))
        if own or settings.DEBUG or getattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY", None):
            return super().process_response(request, response)
        nonce = getattr(request, "_csp_nonce", None)
        kind = request.path_info.startswith(RELAXED_PATHS), nonce is not None
        policy = self._kept.get(kind)
        if policy is None:
            parts = self.get_policy_parts(request, response)
            parts.nonce = nonce and _NONCE_HERE
            policy = self._kept[kind] = build_policy(**asdict(parts))
        if nonce is None:
            # Asked for only now, it would stand on a page whose policy does not know it.
            request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        response[HEADER] = policy.replace(_NONCE_HERE, nonce) if nonce else policy
        return response

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Relax script and style for the back office only; a view's own decorator still wins.

        Nobody pays there, so its forms end at no payment company.
        """
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.replace is None and request.path_info.startswith(RELAXED_PATHS):
            targets = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"]
            parts.replace = {
                "form-action": [one for one in targets if one not in PAYMENT_PAGES],
                "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
                "style-src": [SELF, UNSAFE_INLINE],
            }
        return parts
