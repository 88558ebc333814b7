"""What an S3 server does for its own addresses, this does for the folder's: the signature is the only credential."""

from __future__ import annotations

from hashlib import sha256
from mimetypes import guess_type
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import condition, require_http_methods, require_safe

from .lasting import KEPT_FOR, is_former, open_lasting
from .selectors import find_across_public_picture
from .services import receive_bytes
from .stores import READ_SALT, StorageUnavailable, get_store, read_token

_STATUS = {"forged_or_ended": 403, "other_type": 415, "other_size": 413, "not_waiting": 409}
# Only what a browser shows without running anything is shown in place.
_SHOWN = ("image/", "video/", "application/pdf")


@csrf_exempt
@require_http_methods(["PUT"])
def upload(request: HttpRequest, token: str) -> HttpResponse:
    """Take the announced bytes. A page of another site cannot make the signed address."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or -1)
    except ValueError:
        length = -1
    try:
        refused = receive_bytes(token, request, content_type=request.content_type or "", length=length)  # type: ignore[arg-type]
    except StorageUnavailable:
        return HttpResponse("storage_unavailable", status=503, content_type="text/plain")
    if refused:
        return HttpResponse(refused, status=_STATUS[refused], content_type="text/plain")
    return HttpResponse(status=200)


@require_safe
def read(request: HttpRequest, token: str) -> Any:
    """The bytes of a signed address, never run by a browser as a page of ours."""
    said = read_token(token, READ_SALT)
    if said is None:
        return HttpResponse("forged_or_ended", status=403, content_type="text/plain")
    try:
        store = get_store()
        if store.size_of(said["k"]) is None:
            raise Http404
        file = store.open(said["k"])
    except StorageUnavailable as error:
        raise Http404 from error
    as_download = bool(said["n"]) or not said["t"].startswith(_SHOWN)
    answer = FileResponse(
        file, as_attachment=as_download, filename=said["n"] or "file", content_type=said["t"]
    )
    _never_run(answer)
    answer["Cache-Control"] = "private, max-age=600"
    return answer


@require_safe
@condition(etag_func=lambda _request, key: f'"{sha256(key.encode()).hexdigest()[:32]}"')
def lasting(request: HttpRequest, key: str) -> Any:
    """A picture that everybody may see, for browsers and caches to keep: under one address it never changes."""
    picture = None if is_former(key) else find_across_public_picture(key)
    if picture is None and not is_former(key):
        raise Http404
    file = open_lasting(key)
    if file is None:
        raise Http404
    kind = picture.content_type if picture else guess_type(key)[0] or ""
    if not kind.startswith("image/") or kind == "image/svg+xml":
        raise Http404
    answer = FileResponse(file, content_type=kind)
    _never_run(answer)
    answer["Cache-Control"] = f"public, max-age={int(KEPT_FOR.total_seconds())}, immutable"
    return answer


def _never_run(answer: Any) -> None:
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
