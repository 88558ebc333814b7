"""The policy that is written once says what the library would write for each request."""

from __future__ import annotations

from typing import Any

import pytest
from csp.decorators import csp_exempt, csp_replace, csp_update
from csp.exceptions import CSPNonceError
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from monidesk.content_policy import PathPolicyMiddleware

HEADER = "Content-Security-Policy"


def with_nonce(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.csp_nonce))  # type: ignore[attr-defined]


def without(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("plain")


def with_its_own(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("own", headers={HEADER: "default-src 'none'"})


VIEWS: list[Any] = [
    with_nonce,
    without,
    with_its_own,
    csp_exempt()(without),
    csp_update({"img-src": ["https://pictures.example"]})(with_nonce),
    csp_replace({"default-src": ["'none'"]})(without),
]


def parts(policy: str) -> set[str]:
    return set(policy.split("; "))


class EachTimeAnew(PathPolicyMiddleware):
    """The control: the library's own way for every request."""

    process_response = CSPMiddleware.process_response


@pytest.mark.parametrize("path", ["/store/harbour/", "/admin/", "/api/v1/docs/", "/administrators/"])
@pytest.mark.parametrize("view", VIEWS)
def test_it_says_what_the_library_says(view: Any, path: str) -> None:
    kept, anew = PathPolicyMiddleware(view), EachTimeAnew(view)
    nonces = []
    for _time in range(3):
        for middleware in (kept, anew):
            request = RequestFactory().get(path)
            answer = middleware(request)
            nonce = getattr(request, "_csp_nonce", None)
            policy = answer.get(HEADER, "").replace(str(nonce), "N") if nonce else answer.get(HEADER, "")
            nonces += [nonce] if nonce else []
            if middleware is kept:
                said = policy
        assert parts(said) == parts(policy)
        if nonce and not path.startswith(("/admin/", "/api/v1/docs/")):
            assert "'nonce-N'" in said
    assert len(set(nonces)) == len(nonces)


def test_a_nonce_that_is_asked_for_too_late_is_an_error() -> None:
    request = RequestFactory().get("/store/harbour/")
    PathPolicyMiddleware(without)(request)
    with pytest.raises(CSPNonceError):
        str(request.csp_nonce)  # type: ignore[attr-defined]
