"""Fetching an export, and one's own account: the data, and the end."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.kernel import tenancy
from apps.kernel.errors import DomainError
from apps.kernel.web import sentence
from apps.platform.accounts.two_step import must_prove_again
from apps.platform.accounts.views import self_actor
from apps.platform.backoffice.pages import page, render_page
from apps.platform.media.stores import StorageUnavailable, get_store
from apps.platform.privacy import policies
from apps.platform.privacy.models import PersonExport
from apps.platform.privacy.selectors import find_export, preview_erasure
from apps.platform.privacy.services import close_account, enter_download, export_account

ADDRESS_GOOD_FOR = dt.timedelta(minutes=15)


def _to_file(export: PersonExport) -> HttpResponse:
    try:
        address = get_store().read_address(
            export.file, "application/zip", ADDRESS_GOOD_FOR, "personal-data.zip"
        )
    except StorageUnavailable as error:
        raise Http404 from error
    return HttpResponseRedirect(address)


@page(
    "privacy/<uuid:export_id>/",
    name="privacy_download",
    title=gettext_lazy("Personal data"),
    permission=policies.EXPORT,
)
@require_POST
def download(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """A customer's file, by an address that ends after a quarter of an hour."""
    export = find_export(export_id, kind="customer")
    if export is None:
        raise Http404
    enter_download(request.actor, export_id=export.pk)  # type: ignore[attr-defined]
    return _to_file(export)


@page("me/data/", name="my_data", title=gettext_lazy("Your data"), permission=None)
def my_data(request: HttpRequest) -> HttpResponse:
    """What the product knows of who is signed in, as a file; asked for with the password again."""
    if must_prove_again(request):
        return redirect_to_login(request.get_full_path(), reverse("account_reauthenticate"), "next")
    if request.method == "POST":
        actor = self_actor(request)
        try:
            export = export_account(actor)
        except (DomainError, StorageUnavailable):
            messages.error(request, _("The file could not be made. Please try again in a few minutes."))
            return HttpResponseRedirect(reverse("admin:my_data"))
        with tenancy.bind(None):
            enter_download(actor, export_id=export.pk)
        return _to_file(export)
    return render_page(request, "privacy/my_data.html")


@page("me/close/", name="my_closing", title=gettext_lazy("Close your account"), permission=None)
def my_closing(request: HttpRequest) -> HttpResponse:
    """What will be deleted, emptied and kept; and the end of the account."""
    if must_prove_again(request):
        return redirect_to_login(request.get_full_path(), reverse("account_reauthenticate"), "next")
    actor, status = self_actor(request), 200
    assert actor.id is not None  # noqa: S101 - somebody is signed in
    if request.method == "POST":
        try:
            close_account(actor)
        except DomainError as error:
            messages.error(request, sentence(error))
            status = error.status
        else:
            logout(request)
            return HttpResponseRedirect("/")
    with tenancy.bind(None):
        preview = preview_erasure("user", actor.id)
    return render_page(request, "privacy/my_closing.html", {"preview": preview}, status=status)
