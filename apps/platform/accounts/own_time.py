"""Pages of the back office in the person's own time zone and language, where one was chosen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

BACK_OFFICE = "/admin/"


class OwnTimeMiddleware:
    """Stands after the middleware that sets the business's time zone, and costs nothing: the user is read anyway."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(BACK_OFFICE) or not request.user.is_authenticated:
            return self.get_response(request)
        zone, language = getattr(request.user, "time_zone", ""), getattr(request.user, "locale", "")
        with ExitStack() as own:
            if zone:
                own.enter_context(timezone.override(zone))
            if language in dict(settings.LANGUAGES):
                own.enter_context(translation.override(language))
            return self.get_response(request)
