"""Two doors for strangers whose permission is a signature."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.tenancy import bind
from apps.kernel.web import problem

from .models import Message
from .providers import Told
from .selectors import find_suppression, get_sending_business
from .services import answer_greeting, receive_news, unsubscribe
from .unsubscribing import read_token

_LARGEST_BODY = 1024 * 1024


@require_safe
@cache_control(max_age=3600)
def push_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows alerts while no page is open; it holds nothing of anybody, so it needs no sign-in.

    It stands beside no page, so it is in charge of none: whatever goes wrong in it, the product works on.
    """
    return render(request, "notifications/push_worker.js", content_type="text/javascript; charset=utf-8")


@csrf_exempt
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, provider: str, business_id: UUID) -> HttpResponse:
    """200 for everything the company signed, first or repeated; 401 for what it did not. GET greets, where one does."""
    if request.method == "GET":
        return _greeting(request, provider, business_id)
    if int(request.META.get("CONTENT_LENGTH") or 0) > _LARGEST_BODY:
        return JsonResponse({"title": "Too large", "status": 413}, status=413)
    told = Told(
        # The address that the company was given, whatever the proxy in front of us calls itself.
        url=f"{settings.PUBLIC_BASE_URL}{request.get_full_path()}",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
    )
    try:
        count = receive_news(provider_code=provider, business_id=business_id, told=told)
    except DomainError as error:
        return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    return JsonResponse({"received": True, "known": count})


def _greeting(request: HttpRequest, provider: str, business_id: UUID) -> HttpResponse:
    query = {name: request.GET[name] for name in request.GET}
    try:
        words = answer_greeting(provider_code=provider, business_id=business_id, query=query)
    except DomainError as error:
        return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    return HttpResponse(words, content_type="text/plain; charset=utf-8")


@csrf_exempt  # The mail program that posts has no cookie; the token is the permission.
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and changes nothing, because scanners open every link; POST does it, once or again."""
    named = read_token(token)
    if named is None:
        raise Http404
    business_id, message_id = named
    with bind(business_id):
        message = Message.objects.filter(pk=message_id).first()
        if message is None:
            raise Http404
        if request.method == "POST":
            actor = Actor.guest(business_id, request_id=getattr(request, "request_id", ""))
            unsubscribe(actor, message=message, again="again" in request.POST)
        stopped = find_suppression(message.channel, message.to, is_marketing=True) is not None
        context = {"business": get_sending_business(business_id), "to": message.to, "stopped": stopped}
    with translation.override(message.language):
        return render(request, "notifications/unsubscribe.html", context)
