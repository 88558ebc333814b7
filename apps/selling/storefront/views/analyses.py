"""A laboratory's paper, for whoever looks at the product."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from apps.goods.catalog.selectors import get_public_certificate
from apps.kernel.errors import NotFound
from apps.platform.media.selectors import read_address
from apps.selling.storefront.doors import Visit, store_page


@require_safe
@store_page
def download(visit: Visit, product_slug: str, certificate_id: UUID) -> HttpResponse:
    """Leads to the file by an address that ends; what is not approved and public is not there."""
    certificate = get_public_certificate(product_slug, certificate_id)
    address = read_address(certificate.media, download=True) if certificate.media else ""
    if not address:
        raise NotFound()
    response = HttpResponseRedirect(address)
    response["X-Robots-Tag"] = "noindex"
    return response
