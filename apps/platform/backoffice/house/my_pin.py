"""The number by which a person approves what others may not do alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.errors import DomainError
from apps.kernel.web import form_error
from apps.platform.accounts.two_step import must_prove_again
from apps.platform.approvals.forms import PinInput
from apps.platform.approvals.selectors import find_pin, list_locked_out
from apps.platform.approvals.services import remove_pin, set_pin
from apps.platform.backoffice.pages import page, render_page


class PinForm(forms.Form):
    """A new PIN, twice."""

    pin = forms.CharField(
        label=gettext_lazy("New PIN"),
        max_length=8,
        widget=PinInput(is_new=True),
        help_text=gettext_lazy("Four to eight digits."),
    )
    again = forms.CharField(label=gettext_lazy("Once more"), max_length=8, widget=PinInput(is_new=True))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("pin") and given.get("again") and given["pin"] != given["again"]:
            self.add_error("again", _("The two are not the same."))
        return given


@page("me/pin/", name="my_pin", title=gettext_lazy("My PIN"), permission=None)
def my_pin(request: HttpRequest) -> HttpResponse:
    """Set the PIN of this business, or take it away; whoever signed in long ago shows his password first."""
    actor = request.actor  # type: ignore[attr-defined]
    if must_prove_again(request):
        return redirect_to_login(request.get_full_path(), reverse("account_reauthenticate"), "next")
    form, status = PinForm(), 200
    if request.method == "POST":
        form = PinForm(request.POST)
        try:
            if "remove" in request.POST:
                form = PinForm()
                remove_pin(actor)
                messages.success(request, _("You have no PIN any more and approve nothing."))
                return HttpResponseRedirect(reverse("admin:my_pin"))
            if form.is_valid():
                set_pin(actor, pin=form.cleaned_data["pin"])
                messages.success(request, _("Your PIN is set."))
                return HttpResponseRedirect(reverse("admin:my_pin"))
            status = 400
        except DomainError as error:
            form.is_valid()
            form_error(form, error)
            status = error.status
    found = find_pin(actor.id)
    context = {"form": form, "pin": found, "locked_out": list_locked_out(found) if found else []}
    return render_page(request, "backoffice/me/pin.html", context, status=status)
