"""How people of the business sign in: the rule of two steps, and help for who is locked out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.web import form_error
from apps.platform.accounts.selectors import find_account_lock, list_across_with_second_factor
from apps.platform.accounts.two_step import must_prove_again
from apps.platform.backoffice import nav
from apps.platform.backoffice.house import team  # noqa: F401  (its list gets more verbs below)
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.sites import site
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.models import Membership, Role
from apps.platform.businesses.policies import can_change_member, list_givable
from apps.platform.businesses.services.company_sign_in import let_in
from apps.platform.businesses.services.platform import (
    GRACE_DAYS,
    can_reset_second_factor,
    require_two_step,
    reset_member_second_factor,
    stop_requiring_two_step,
    unlock_member,
)

Status = Membership.Status
_WORDS = {0: gettext_lazy("At once"), 3: gettext_lazy("In three days"), 7: gettext_lazy("In a week"),
          14: gettext_lazy("In two weeks"), 30: gettext_lazy("In a month")}  # fmt: skip


class GraceForm(forms.Form):
    """From when everybody needs two steps."""

    days = forms.TypedChoiceField(
        label=gettext_lazy("From when"),
        coerce=int,
        initial=7,
        choices=[(days, _WORDS[days]) for days in GRACE_DAYS],
        help_text=gettext_lazy("Until then, who lacks it sees a reminder on every page."),
    )


@page("settings/sign-in/", name="sign_in_rules", title=gettext_lazy("Sign-in"), permission="business.own")
def sign_in_rules(request: HttpRequest) -> HttpResponse:
    """The rule, who lacks a second step, and the button that sets or lifts it."""
    actor, business = request.actor, request.business  # type: ignore[attr-defined]
    form, status = GraceForm(), 200
    if request.method == "POST":
        if must_prove_again(request):
            here = reverse("admin:sign_in_rules")
            return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?next={here}")
        if "stop" in request.POST:
            stop_requiring_two_step(actor)
            messages.success(request, _("Two-step sign-in is left to each person."))
            return HttpResponseRedirect(reverse("admin:sign_in_rules"))
        form = GraceForm(request.POST)
        if form.is_valid():
            try:
                require_two_step(actor, days=form.cleaned_data["days"])
            except DomainError as error:
                form_error(form, error)
            else:
                messages.success(request, _("Everybody who works here will need two-step sign-in."))
                return HttpResponseRedirect(reverse("admin:sign_in_rules"))
        status = 400
    members = list(
        Membership.objects.filter(status=Status.ACTIVE)
        .select_related("user", "role")
        .order_by("user__display_name")[:500]
    )
    have = list_across_with_second_factor([member.user_id for member in members])
    context = {
        "form": form,
        "business": business,
        "lacking": [member for member in members if member.user_id not in have],
        "count": len(members),
    }
    return render_page(request, "backoffice/sign_in_rules.html", context, status=status)


nav.register(
    section="Settings",
    label=gettext_lazy("Sign-in"),
    url="admin:sign_in_rules",
    under="admin:businesses_membership_changelist",
    permission="business.own",
    icon="lock",
    order=25,
)


class WhyForm(forms.Form):
    """How an owner knows that it is the person."""

    reason = forms.CharField(
        label=gettext_lazy("How do you know that it is the person?"),
        max_length=200,
        help_text=gettext_lazy("Kept in the audit trail and told to the person."),
    )


class LetInForm(forms.Form):
    """In which role."""

    role_id = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [(str(role.pk), role.name) for role in list_givable(actor, Role.objects.all())]
        self.fields["role_id"].choices = roles  # type: ignore[attr-defined]

    def clean_role_id(self) -> UUID:
        return UUID(self.cleaned_data["role_id"])


class UnlockSignIn(Verb):
    name = "unlock-sign-in"
    label = gettext_lazy("Unlock sign-in")
    permission = "team.change"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_change_member(actor, obj) and find_account_lock(obj.user) is not None

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("%(name)s typed a wrong password too often and may try again at once.")
            % {"name": obj.user.name}
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return unlock_member(actor, membership_id=obj.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _("%(name)s may sign in again.") % {"name": obj.user.name}


class ResetTwoStep(Verb):
    name = "reset-two-step"
    label = gettext_lazy("Reset two-step sign-in")
    permission = "business.own"
    dangerous = True
    proves_again = True
    form_class = WhyForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_reset_second_factor(actor, obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        name = {"name": obj.user.name}
        return [
            _("Authenticator app, passkeys and recovery codes of %(name)s are removed.") % name,
            _("%(name)s is signed out everywhere, gets a mail that names you, and sets it up again.") % name,
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return reset_member_second_factor(actor, membership_id=obj.pk, reason=data["reason"])

    def success(self, obj: Any, result: Any) -> Any:
        return _("%(name)s was told by e-mail.") % {"name": obj.user.name}


class LetIn(Verb):
    name = "let-in"
    label = gettext_lazy("Let in")
    permission = "team.invite"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return bool(obj.status == Status.PENDING)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("%(email)s came by your company's sign-in and waits.") % {"email": obj.user.email}]

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"role_id": str(obj.role_id)}

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return LetInForm(actor=actor, **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return let_in(actor, membership_id=obj.pk, role_id=data["role_id"])

    def success(self, obj: Any, result: Any) -> Any:
        return _("%(name)s works here now.") % {"name": result.user.name}


_team = site._registry[Membership]
_team.verbs = [*_team.verbs, LetIn, UnlockSignIn, ResetTwoStep]  # type: ignore[attr-defined]
