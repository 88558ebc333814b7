"""The page for what went wrong below every door."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import server_error as broken

from apps.kernel.errors import OutOfRoom, is_out_of_room
from apps.kernel.web import sentence


def server_error(request: HttpRequest) -> HttpResponse:
    """A full disk is said to be one: nothing was charged, try again. Everything else is our fault (500)."""
    if not is_out_of_room(sys.exc_info()[1]):
        return broken(request)
    answer = render(
        request, "errors/503.html", {"detail": sentence(OutOfRoom()), "request_id": ""}, status=503
    )
    answer["Retry-After"] = "120"
    return answer
