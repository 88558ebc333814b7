"""Pages for the pictures that stand for somebody: the business's logo and banner, and one's own picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.errors import DomainError, InvalidInput
from apps.kernel.web import form_error
from apps.platform.accounts.models import User
from apps.platform.accounts.views import self_actor
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.models import Membership
from apps.platform.media import policies
from apps.platform.media.avatars import open_avatar, remove_avatar, set_avatar
from apps.platform.media.library import library_window
from apps.platform.media.models import Attachment
from apps.platform.media.services import begin_business_picture, drop_failed, set_business_picture
from apps.platform.media.states import RULES, MediaKind, MediaState
from apps.platform.media.stores import FilesUnreachable, StorageUnavailable
from apps.platform.media.taking import bad_picture, carry_through, picture_type

ACCEPT = ",".join(sorted(RULES[MediaKind.IMAGE].types))


class FaceForm(forms.Form):
    """One picture from this device."""

    file = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy("JPEG, PNG, WebP, GIF or AVIF, up to 20 MB."),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )


@dataclass(frozen=True)
class Face:
    """One of the pictures that stand for the business, in the words of its page."""

    role: Attachment.Role
    field: str
    where: Any
    none: Any
    height: int


LOGO = Face(
    Attachment.Role.LOGO,
    "logo",
    gettext_lazy("Shown on top of the store, on invoices and receipts, and in e-mails."),
    gettext_lazy("No logo yet: the store shows a drawn sign."),
    64,
)
BANNER = Face(
    Attachment.Role.BANNER,
    "banner",
    gettext_lazy("Shown on the front page of the store. A wide picture fits best, such as 2400 by 940."),
    gettext_lazy("No banner yet: the front page shows a shelf drawn from the newest products."),
    120,
)


@page("media/logo/", name="business_logo", title=gettext_lazy("Logo"), permission="business.change")
def business_logo(request: HttpRequest) -> HttpResponse:
    """Upload a logo, choose one of the library, or go back to the drawn sign."""
    return _business_picture(request, LOGO)


@page("media/banner/", name="business_banner", title=gettext_lazy("Banner"), permission="business.change")
def business_banner(request: HttpRequest) -> HttpResponse:
    """Upload the picture of the store's front page, choose one of the library, or go back to the drawn shelf."""
    return _business_picture(request, BANNER)


def _business_picture(request: HttpRequest, face: Face) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    form, status = FaceForm(), 200
    if request.method == "POST":
        form = FaceForm(request.POST, request.FILES)
        try:
            said = _change_picture(request, face, form)
        except DomainError as error:
            form_error(form, error)
            status = error.status
        else:
            if said:
                messages.success(request, said)
                return HttpResponseRedirect(reverse("admin:business_settings"))
            status = 400
    shown = getattr(request.business, face.field).name  # type: ignore[attr-defined]
    context: dict[str, Any] = {"form": form, "face": face, "shown": shown}
    if actor.may(policies.READ):
        context |= library_window(request, kind=MediaKind.IMAGE)
    return render_page(request, "media/business_picture.html", context, status=status)


def _change_picture(request: HttpRequest, face: Face, form: FaceForm) -> str:
    """Do what the button asked for; returns the sentence to show, nothing for a form with faults."""
    actor = request.actor  # type: ignore[attr-defined]
    if "remove" in request.POST:
        set_business_picture(actor, role=face.role, media_id=None)
        return _("The store shows what we draw for it again.")
    if "media" in request.POST:
        actor.require(policies.READ)
        set_business_picture(actor, role=face.role, media_id=_uuid(request.POST["media"]))
        return _said(face)
    if not form.is_valid():
        return ""
    file = form.cleaned_data["file"]
    media = begin_business_picture(
        actor, role=face.role, name=file.name, content_type=picture_type(file, file.size), size=file.size
    )
    try:
        media = carry_through(actor, media, file)
    except StorageUnavailable as error:
        raise FilesUnreachable() from error
    if media.state == MediaState.FAILED:
        drop_failed(actor, media_id=media.pk)
        raise bad_picture(media.failure)
    if media.state != MediaState.READY:
        return _("The picture is being prepared. It is shown in a moment.")
    set_business_picture(actor, role=face.role, media_id=media.pk)
    return _said(face)


def _said(face: Face) -> str:
    return _("The logo is changed.") if face is LOGO else _("The banner is changed.")


@page("me/picture/", name="my_picture", title=gettext_lazy("My picture"), permission=None)
def my_picture(request: HttpRequest) -> HttpResponse:
    """The picture beside one's own name."""
    user: User = request.user  # type: ignore[assignment]
    form, status = FaceForm(), 200
    if request.method == "POST":
        form = FaceForm(request.POST, request.FILES)
        try:
            if "remove" in request.POST:
                remove_avatar(self_actor(request), user=user)
                messages.success(request, _("Your picture is gone."))
                return HttpResponseRedirect(reverse("admin:my_account"))
            if form.is_valid():
                file = form.cleaned_data["file"]
                set_avatar(self_actor(request), user=user, file=file, size=file.size)
                messages.success(request, _("Your picture is saved."))
                return HttpResponseRedirect(reverse("admin:my_account"))
            status = 400
        except DomainError as error:
            form_error(form, error)
            status = error.status
    return render_page(request, "media/my_picture.html", {"form": form}, status=status)


@page("people/<uuid:user_id>/picture/", name="portrait", title=gettext_lazy("Picture"), permission=None)
def portrait(request: HttpRequest, user_id: UUID) -> Any:
    """A colleague's picture, for those who work in the same business."""
    user: User | None = request.user  # type: ignore[assignment]
    if user is None or user.pk != user_id:
        works_here = getattr(request, "business", None) is not None
        membership = (
            Membership.objects.filter(user_id=user_id).select_related("user").first() if works_here else None
        )
        user = membership.user if membership else None
    file = open_avatar(user) if user is not None else None
    if file is None:
        raise Http404
    answer = FileResponse(file, content_type="image/webp")
    # The address changes with the picture.
    answer["Cache-Control"] = "private, max-age=86400"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput() from error
