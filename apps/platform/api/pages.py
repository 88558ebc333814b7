"""Addresses without rows: the schema, its page, and everything that is not there."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

from apps.kernel.errors import NotFound

from .problems import plain_response


class SchemaView(SpectacularAPIView):
    """The OpenAPI document, for everybody; written once a process for each language and format.

    It takes seconds to write: asked for anew each time, a handful of strangers would keep all workers busy.
    """

    authentication_classes = []
    permission_classes = []
    throttle_classes = []

    def _get_schema_response(self, request: Request) -> HttpResponse:
        renderer = request.accepted_renderer
        language = translation.get_language() or ""
        if language not in dict(settings.LANGUAGES):
            language = settings.LANGUAGE_CODE
        content = _write_schema(renderer.format, language)
        name = f"{spectacular_settings.TITLE}.{'json' if 'json' in renderer.format else 'yaml'}"
        return HttpResponse(
            content,
            content_type=renderer.media_type,
            headers={"Content-Disposition": f'inline; filename="{name}"'},
        )


@lru_cache(maxsize=16)
def _write_schema(format_name: str, language: str) -> bytes:
    renderer = OpenApiJsonRenderer() if "json" in format_name else OpenApiYamlRenderer()
    generator = SchemaView.generator_class(api_version=None)
    with translation.override(language):
        return bytes(renderer.render(generator.get_schema(request=None, public=True), renderer_context={}))


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
