"""The endpoint that payment companies speak to."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.kernel import clock
from apps.kernel.errors import DomainError
from apps.kernel.web import problem

from .services import receive_webhook

_LARGEST_BODY = 256 * 1024


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider: str, business_id: UUID) -> JsonResponse:
    """200 for every verified message, first or repeated; 400 or 401 for what cannot be trusted."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > _LARGEST_BODY:
        return JsonResponse({"title": "Too large", "status": 413}, status=413)
    try:
        receipt = receive_webhook(
            provider_code=provider,
            business_id=business_id,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.body,
            now=clock.now(),
        )
    except DomainError as error:
        return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    return JsonResponse({"received": True, "outcome": receipt.outcome})
