"""The person's own pages: who one is, how one signs in, where one is signed in."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.errors import DomainError
from apps.kernel.web import form_error, sentence
from apps.platform.accounts.models import User
from apps.platform.accounts.selectors import has_second_factor, is_email_verified, list_events, list_sessions
from apps.platform.accounts.services import change_profile
from apps.platform.accounts.views import EVENTS_SHOWN, end_from_form, self_actor
from apps.platform.backoffice.pages import page, render_page


class ProfileForm(forms.Form):
    """What a person says about himself."""

    display_name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    locale = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("For the times you see. Papers and reports keep the time of the business."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone]
        self.fields["time_zone"].choices = [("", _("As the business")), *zones]  # type: ignore[attr-defined]


@page("me/", name="my_account", title=gettext_lazy("My account"), permission=None)
def my_account(request: HttpRequest) -> HttpResponse:
    """Name, language, time zone and how the back office looks; and the ways to the account's safety."""
    user: User = request.user  # type: ignore[assignment]
    start = {name: getattr(user, name) for name in ("display_name", "locale", "time_zone")}
    start["display_name"] = user.name
    form, status = ProfileForm(initial=start), 200
    if request.method == "POST":
        form = ProfileForm(request.POST, initial=start)
        if form.is_valid():
            try:
                change_profile(self_actor(request), user=user, **form.cleaned_data)
            except DomainError as error:
                form_error(form, error)
            else:
                messages.success(request, _("Saved."))
                return HttpResponseRedirect(reverse("admin:my_account"))
        status = 400
    context = {
        "form": form,
        "has_second_factor": has_second_factor(user),
        "is_email_verified": is_email_verified(user),
    }
    return render_page(request, "backoffice/me/profile.html", context, status=status)


@page("me/sessions/", name="my_sessions", title=gettext_lazy("Where you are signed in"), permission=None)
def my_sessions(request: HttpRequest) -> HttpResponse:
    """Sessions with a button to end each, and the history of the account."""
    if request.method == "POST":
        try:
            messages.success(request, end_from_form(request))
        except DomainError as error:
            messages.error(request, sentence(error))
        return HttpResponseRedirect(reverse("admin:my_sessions"))
    user: User = request.user  # type: ignore[assignment]
    context = {
        "sessions": list_sessions(user),
        "current_key": request.session.session_key,
        "events": list_events(user)[:EVENTS_SHOWN],
    }
    return render_page(request, "backoffice/me/sessions.html", context)
