"""SAML 2.0 for companies whose server speaks nothing newer; begun here, signed by the company, for its domains only.

Signature, issuer, audience, recipient, times and the request that is answered are checked by python3-saml and allauth.
Their imports stand inside the functions: they load libxml2 and xmlsec, which nobody needs where SAML is not set up.
"""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from apps.kernel.errors import DomainError, PermissionRefused

_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


class CompanySaml(SAMLProvider):
    """The provider named by SAML_ENTITY_ID; it speaks for the addresses of COMPANY_SIGN_IN_DOMAINS."""

    def extract_uid(self, data: Any) -> str:
        """Raise `PermissionRefused` for a name that is another one each time: whose account it is could not be told."""
        uid = self._extract(data).get("uid")
        if not uid and (data.get_nameid_format() == _TRANSIENT or not data.get_nameid()):
            raise PermissionRefused(
                _("Your company's sign-in does not say who you are in a way that lasts."),
                remedy=_("Ask who looks after your company's sign-in to send a lasting name (subject-id)."),
                code="name_does_not_last",
            )
        return str(uid or data.get_nameid())

    def extract_common_fields(self, data: Any) -> dict[str, Any]:
        """Addresses count as proved: the settings refuse SAML without the domains that the company vouches for."""
        fields: dict[str, Any] = super().extract_common_fields(data)
        spoken = " ".join(fields[part] for part in ("first_name", "last_name") if fields.get(part))
        return {**fields, "name": fields.get("name") or spoken, "email_verified": True}


@require_POST
def start(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Send the person to the company's server; asked by POST, so that no picture's address can begin it."""
    return _library(request).login(request, organization_slug=organization_slug)


@csrf_exempt
@require_POST
def answer(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Take the company's answer. A browser sends no session with it: it is kept for `finish`, which has one."""
    return _library(request).acs(request, organization_slug=organization_slug)


@require_GET
def finish(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Believe the answer when all of it is right and this very browser asked for it."""
    try:
        return _library(request).finish_acs(request, organization_slug=organization_slug)
    except (SyntaxError, ValueError, LookupError):  # what is no XML, or no answer at all, ends in the parser
        unreadable = PermissionRefused(
            _("The answer of your company's sign-in cannot be read."),
            remedy=_("Begin again on the sign-in page."),
            code="answer_not_readable",
        )
        return _refuse(request, unreadable)
    except DomainError as error:
        return _refuse(request, error)


@require_GET
def signed_out(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """End the session at the company's word, which must be signed: a picture's address signs nobody out."""
    if "Signature" not in request.GET:
        return HttpResponse(
            _("A sign-out must be signed."), status=400, content_type="text/plain; charset=utf-8"
        )
    return _library(request).sls(request, organization_slug=organization_slug)


@require_GET
def metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """What the company's server must know of this one."""
    return _library(request).metadata(request, organization_slug=organization_slug)


def _refuse(request: HttpRequest, error: DomainError) -> HttpResponse:
    return render(request, "account/company_refused.html", {"error": error}, status=error.status)


def _library(request: HttpRequest) -> Any:
    # The library reads the header itself; a client of HTTP/1.0 need not send it.
    request.META.setdefault("HTTP_HOST", request.get_host())
    from allauth.socialaccount.providers.saml import views

    return views
