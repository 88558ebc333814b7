"""The supplier's door: the secret in the link that was mailed is the key, as on a buyer's tracking page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from apps.goods.purchasing.models import PurchaseVersion
from apps.goods.purchasing.selectors import find_across_version
from apps.goods.purchasing.services import read_paper
from apps.kernel import tenancy
from apps.kernel.actors import Actor


@require_safe
def download_paper(request: HttpRequest, token: str) -> HttpResponse:
    """The PDF of a version that was sent; 404 for any other key."""
    version = find_across_version(token)
    if version is None:
        raise Http404
    with tenancy.bind(version.business_id):
        return paper_response(Actor.guest(version.business.pk), version)


def paper_response(actor: Actor, version: PurchaseVersion) -> HttpResponse:
    """The PDF as a response that no cache between keeps."""
    response = HttpResponse(read_paper(actor, version=version), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{version.file_name}"'
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    # The address is the key; it must not travel to where a link on the page leads.
    response["Referrer-Policy"] = "no-referrer"
    return response
