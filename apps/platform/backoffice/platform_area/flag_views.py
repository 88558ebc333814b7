"""The page on which who runs the platform sees and switches flags."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST

from apps.kernel import clock
from apps.platform.accounts.two_step import must_prove_again
from apps.platform.backoffice.platform_area.views import admin_of, for_platform, platform_actor
from apps.platform.businesses.selectors import find_business_by_slug
from apps.platform.flags.registry import Flag, UnknownFlag, get_flag, list_flags
from apps.platform.flags.selectors import list_across_choices, percent_of
from apps.platform.flags.services import choose_for_business, set_rollout

WAYS = {"on": True, "off": False, "rollout": None}


class RolloutForm(forms.Form):
    """For how many businesses."""

    percent = forms.IntegerField(label=_l("On for so many in 100 businesses"), min_value=0, max_value=100)


class ChoiceForm(forms.Form):
    """For one business."""

    slug = forms.SlugField(label=_l("Store address of the business"), max_length=100)
    way = forms.ChoiceField(
        label=_l("For this business"),
        choices=[("on", _l("On")), ("off", _l("Off")), ("rollout", _l("As for all others"))],
    )

    def clean_slug(self) -> Any:
        """The business itself."""
        found = find_business_by_slug(self.cleaned_data["slug"])
        if found is None:
            raise forms.ValidationError(_("There is no open store at this address."))
        return found


@for_platform
@require_http_methods(["GET"])
def flags(request: HttpRequest) -> HttpResponse:
    """Every flag with what it does, how it stands and for whom it was decided."""
    return _show(request)


@for_platform
@require_POST
def roll_out(request: HttpRequest, name: str) -> HttpResponse:
    """Change for how many businesses a flag is on."""
    flag = _flag(name)
    form = RolloutForm(request.POST, prefix=flag.name)
    if must_prove_again(request):
        return _prove_again()
    if not form.is_valid():
        return _show(request, rollout=form, at=flag, status=400)
    set_rollout(
        platform_actor(request, None),
        admin=admin_of(request),
        name=flag.name,
        percent=form.cleaned_data["percent"],
    )
    messages.success(
        request, _("%(flag)s is on for %(percent)d in 100.") % {"flag": name, **form.cleaned_data}
    )
    return HttpResponseRedirect(reverse("platform_flags"))


@for_platform
@require_POST
def choose(request: HttpRequest, name: str) -> HttpResponse:
    """Decide a flag for one business."""
    flag = _flag(name)
    form = ChoiceForm(request.POST, prefix=flag.name)
    if must_prove_again(request):
        return _prove_again()
    if not form.is_valid():
        return _show(request, choice=form, at=flag, status=400)
    place = form.cleaned_data["slug"]
    choose_for_business(
        platform_actor(request, place),
        admin=admin_of(request),
        name=flag.name,
        is_on=WAYS[form.cleaned_data["way"]],
    )
    messages.success(request, _("Decided for %(name)s.") % {"name": place.name})
    return HttpResponseRedirect(reverse("platform_flags"))


def _show(
    request: HttpRequest,
    *,
    rollout: Any = None,
    choice: Any = None,
    at: Flag | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = []
    for flag in list_flags():
        percent = percent_of(flag)
        rows.append(
            {
                "flag": flag,
                "percent": percent,
                "is_overdue": flag.until < clock.today(),
                "choices": list_across_choices(flag.name),
                "rollout": rollout
                if rollout is not None and flag == at
                else RolloutForm(initial={"percent": percent}, prefix=flag.name),
                "choice": choice if choice is not None and flag == at else ChoiceForm(prefix=flag.name),
            }
        )
    return render(request, "platform/flags.html", {"rows": rows}, status=status)


def _flag(name: str) -> Flag:
    try:
        return get_flag(name)
    except UnknownFlag as error:
        raise Http404 from error


def _prove_again() -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?next={reverse('platform_flags')}")
