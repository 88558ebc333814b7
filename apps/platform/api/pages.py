"""Addresses without rows: the schema, its page, and everything that is not there."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.kernel.errors import NotFound

from .problems import plain_response


class SchemaView(SpectacularAPIView):
    """The OpenAPI document, for everybody."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = []


class DocsView(SpectacularSwaggerSplitView):
    """The OpenAPI document to read and to try; all its files come from this server."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = []
    template_name = "api/docs.html"
    url_name = "api:schema"
    title = "MoniDesk API"


@csrf_exempt
def unknown_address(request: HttpRequest, rest: str = "") -> JsonResponse:
    """A problem document for every address below /api/v1/ that is not there, in every method."""
    remedy = _("The addresses are listed at /api/v1/docs/.")
    if not request.path_info.endswith("/"):
        try:
            match = resolve(request.path_info + "/")
        except Resolver404:
            match = None
        if match is not None and match.func is not unknown_address:
            remedy = _("Addresses end with a slash: %(path)s/") % {"path": request.path_info}
    return plain_response(NotFound(_("There is nothing at this address."), remedy=remedy), request)
