"""The file library, the panel of a record's files, and the doors that the page's script calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.errors import DomainError, InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.web import sentence
from apps.platform.backoffice import nav
from apps.platform.backoffice.pages import page, render_page
from apps.platform.media import attachables, faces, policies  # noqa: F401  (the pages of logo and one's own picture)
from apps.platform.media.library import ACCEPT, PAGE_SIZE, WAITING, card, library_window
from apps.platform.media.mentions import offered_names
from apps.platform.media.processing.tools import list_lacking
from apps.platform.media.selectors import (
    find_room,
    list_attachments,
    list_comments,
    list_media,
)
from apps.platform.media.services import (
    announce_upload,
    attach,
    delete_media,
    detach,
    finish_upload,
    remove_comment,
    write_comment,
)
from apps.platform.media.states import RULES, MediaKind
from apps.platform.media.stores import FilesUnreachable, StorageUnavailable


@page("media/library/", name="media_library", title=gettext_lazy("Files"), permission=policies.READ)
def library(request: HttpRequest) -> HttpResponse:
    """All files of the business as a grid, with search and upload."""
    actor = request.actor  # type: ignore[attr-defined]
    context = library_window(request)
    context |= {
        "may_upload": actor.may(policies.UPLOAD),
        "may_delete": actor.may(policies.DELETE),
        "lacking": list_lacking() if actor.may("business.change") else [],
        "room": find_room(),
    }
    return render_page(request, "media/library.html", context)


@page(
    "media/of/<str:target_type>/<uuid:target_id>/",
    name="media_of",
    title=gettext_lazy("Files and comments"),
    permission=None,
)
def files_of_record(request: HttpRequest, target_type: str, target_id: UUID) -> HttpResponse:
    """A record's files and comments: a piece for its page, or a page of its own without scripts."""
    actor = request.actor  # type: ignore[attr-defined]
    record = attachables.require_record(actor, target_type, target_id)
    may_change = attachables.may_change(actor, target_type)
    attachments = list(list_attachments(target_type, target_id))
    context: dict[str, Any] = {
        "record": record,
        "target_type": target_type,
        "target_id": target_id,
        "attachments": [{"attachment": row, **card(row.media)} for row in attachments],
        "comments": list_comments(target_type, target_id),
        "may_change": may_change,
        "may_pick": may_change and actor.may(policies.READ),
        "actor_id": actor.id,
        "names": offered_names(actor),
        "waits": any(row.media.state in WAITING for row in attachments),
        "key": str(new_id()),
        "accept": ACCEPT,
        "own_address": reverse("admin:media_of", args=[target_type, target_id]),
    }
    if "picker" in request.GET:
        actor.require(policies.READ)
        return render_page(request, "media/picker.html", context | library_window(request))
    is_piece = request.headers.get("HX-Request") == "true"
    return render_page(request, "media/panel.html" if is_piece else "media/of_record.html", context)


def _announce(request: HttpRequest) -> HttpResponse:
    said = _body(request)
    target = (str(said["target_type"]), UUID(str(said["target_id"]))) if said.get("target_type") else None
    found = announce_upload(
        request.actor,  # type: ignore[attr-defined]
        kind=_kind_of(str(said["content_type"])),
        name=str(said["name"])[:500],
        content_type=str(said["content_type"]),
        size=int(said["size"]),
        attach_to=target,
        key=str(said.get("key", ""))[:200] or None,
    )
    # On one's own machine the page may have been opened under another of its names.
    address = found.address.removeprefix(settings.PUBLIC_BASE_URL.rstrip("/"))
    return JsonResponse({"id": str(found.media.pk), "address": address, "headers": found.headers})


def _finish(request: HttpRequest) -> HttpResponse:
    media = finish_upload(request.actor, media_id=UUID(str(_body(request)["id"])))  # type: ignore[attr-defined]
    return JsonResponse({"id": str(media.pk), "state": media.state, "failure": media.failure})


def _attach(request: HttpRequest) -> HttpResponse:
    target_type, target_id = request.POST["target_type"], UUID(request.POST["target_id"])
    for chosen in request.POST.getlist("media")[:PAGE_SIZE]:
        attach(request.actor, media_id=UUID(chosen), target_type=target_type, target_id=target_id)  # type: ignore[attr-defined]
    return _back(request)


def _detach(request: HttpRequest) -> HttpResponse:
    detach(request.actor, attachment_id=UUID(request.POST["attachment"]))  # type: ignore[attr-defined]
    return _back(request)


def _comment(request: HttpRequest) -> HttpResponse:
    target_type, target_id = request.POST["target_type"], UUID(request.POST["target_id"])
    write_comment(
        request.actor,  # type: ignore[attr-defined]
        target_type=target_type,
        target_id=target_id,
        text=request.POST.get("text", ""),
        key=request.POST.get("key") or None,
    )
    return _back(request)


def _uncomment(request: HttpRequest) -> HttpResponse:
    remove_comment(request.actor, comment_id=UUID(request.POST["comment"]))  # type: ignore[attr-defined]
    return _back(request)


def _delete(request: HttpRequest) -> HttpResponse:
    chosen = UUID(request.POST["media"])
    if "sure" not in request.POST:
        request.actor.require(policies.DELETE)  # type: ignore[attr-defined]
        media = list_media().filter(pk=chosen).first()
        if media is None:
            raise Http404
        return render_page(request, "media/delete.html", {"media": media})
    delete_media(request.actor, media_id=chosen, detach=request.POST.get("detach") == "1")  # type: ignore[attr-defined]
    messages.success(request, _("The file is deleted."))
    return HttpResponseRedirect(reverse("admin:media_library"))


DOORS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "announce": _announce,
    "finish": _finish,
    "attach": _attach,
    "detach": _detach,
    "comment": _comment,
    "uncomment": _uncomment,
    "delete": _delete,
}
_FOR_SCRIPTS = {"announce", "finish"}


@page("media/do/<slug:what>/", name="media_do", title=gettext_lazy("Files"), permission=None)
def do(request: HttpRequest, what: str) -> HttpResponse:
    """Each door calls one service, which asks for the permission."""
    if what not in DOORS:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        return DOORS[what](request)
    except (KeyError, TypeError, ValueError):
        return _refused(request, what, InvalidInput())
    except StorageUnavailable:
        return _refused(request, what, FilesUnreachable())
    except DomainError as error:
        return _refused(request, what, error)


def _refused(request: HttpRequest, what: str, error: DomainError) -> HttpResponse:
    said = [str(text) for texts in error.fields.values() for text in texts]
    text = " ".join(said) or str(sentence(error))
    if what in _FOR_SCRIPTS:
        return JsonResponse({"message": text, "code": error.code}, status=error.status)
    if _panel_address(request):
        messages.error(request, text)
        return _back(request)
    return render_page(
        request,
        "media/refused.html",
        {"message": text, "code": error.code, "media": request.POST.get("media", "")},
        status=error.status,
    )


def _back(request: HttpRequest) -> HttpResponse:
    """The panel again: as a piece, or the page it stands on."""
    return HttpResponseRedirect(_panel_address(request) or reverse("admin:media_library"))


def _panel_address(request: HttpRequest) -> str:
    """The panel's address; empty when what was sent names no record at all."""
    target_type, target_id = request.POST.get("target_type", ""), request.POST.get("target_id", "")
    try:
        return reverse("admin:media_of", args=[target_type, UUID(target_id)])
    except (ValueError, NoReverseMatch):
        return ""


def _body(request: HttpRequest) -> dict[str, Any]:
    found = json.loads(request.body)
    if not isinstance(found, dict):
        raise TypeError
    return found


def _kind_of(content_type: str) -> str:
    """Pictures and films by their type, everything else a paper."""
    for kind in (MediaKind.IMAGE, MediaKind.VIDEO):
        if content_type in RULES[kind].types:
            return kind
    return MediaKind.DOCUMENT


nav.register(
    section="Catalogue",
    label=gettext_lazy("Files"),
    url="admin:media_library",
    permission=policies.READ,
    icon="folder_open",
    order=50,
)
