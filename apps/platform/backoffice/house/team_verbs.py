"""What can be done with the people of the business, each by one service."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses import services
from apps.platform.businesses.models import Location, Membership, Role
from apps.platform.businesses.policies import can_change_member, list_givable

Status = Membership.Status


def _role_choices(actor: Actor) -> list[tuple[str, str]]:
    return [(str(role.pk), role.name) for role in list_givable(actor, Role.objects.all())]


class RoleForm(forms.Form):
    """Choosing a role; only those the actor may give."""

    role_id = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # None is chosen beforehand: whoever presses enter too early would make an accountant.
        roles = [("", _("Choose a role")), *_role_choices(actor)]
        self.fields["role_id"].choices = roles  # type: ignore[attr-defined]

    def clean_role_id(self) -> UUID:
        return UUID(self.cleaned_data["role_id"])


class ReachForm(forms.Form):
    """What somebody sees: all of the business, some locations, own customers."""

    location_ids = forms.MultipleChoiceField(
        label=_("Only these locations"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Stock, orders and receipts of these only. Leave all empty for every location."),
    )
    own_customers_only = forms.BooleanField(
        label=_("Own customers only"),
        required=False,
        help_text=_("Sees customers assigned to this person, and their orders, and no others."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Location.objects.filter(active=True)
        self.fields["location_ids"].choices = [(str(place.pk), place.name) for place in places]  # type: ignore[attr-defined]

    def clean_location_ids(self) -> list[UUID]:
        return [UUID(pk) for pk in self.cleaned_data["location_ids"]]


class InviteForm(ReachForm, RoleForm):
    """Whom to invite, as what, to see what."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    field_order = ("email", "role_id", "location_ids", "own_customers_only")


class ReasonForm(forms.Form):
    """Why; kept in the audit trail."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class Invite(Verb):
    name = "invite"
    label = _("Invite somebody")
    permission = "team.invite"
    submit_label = _("Send invitation")

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("The person gets an e-mail with a link that is good for seven days.")]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return InviteForm(actor=actor, **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.invite_member(actor, **data, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _("An invitation is on its way to %(email)s.") % {"email": result.user.email}


class InviteAgain(Verb):
    name = "invite-again"
    label = _("Send invitation again")
    permission = "team.invite"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.status == Status.INVITED and can_change_member(actor, obj, "team.invite")

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("%(email)s gets a new link; the earlier one stops working.") % {"email": obj.user.email}]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.resend_invitation(actor, membership_id=obj.pk, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _("The invitation was sent again.")


class ChangeRole(Verb):
    name = "role"
    label = _("Change role")
    permission = "team.change"
    submit_label = _("Save role")
    writes_back = True

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_change_member(actor, obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("It holds from %(name)s's next click.") % {"name": obj.user.name}]

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"role_id": str(obj.role_id)}

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return RoleForm(actor=actor, **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.set_role(actor, membership_id=obj.pk, role_id=data["role_id"])

    def success(self, obj: Any, result: Any) -> Any:
        return _("%(name)s is now: %(role)s.") % {"name": result.user.name, "role": result.role.name}


class LimitReach(Verb):
    name = "locations"
    label = _("Limit what is seen")
    permission = "team.change"
    submit_label = _("Save limits")
    writes_back = True

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_change_member(actor, obj) and not obj.role.is_owner

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("It holds from %(name)s's next click.") % {"name": obj.user.name},
            _(
                "Whoever is limited never sees the books, the audit trail and other pages about the whole business."
            ),
        ]

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        chosen = [str(pk) for pk in obj.locations.values_list("pk", flat=True)]
        return {"location_ids": chosen, "own_customers_only": obj.own_customers_only}

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return ReachForm(**kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.set_member_reach(actor, membership_id=obj.pk, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _("Limits saved.")


class Reactivate(Verb):
    name = "reactivate"
    label = _("Let in again")
    permission = "team.change"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.status == Status.SUSPENDED and can_change_member(actor, obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("%(name)s can work again as %(role)s.") % {"name": obj.user.name, "role": obj.role.name}]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.reactivate_member(actor, membership_id=obj.pk)


class Suspend(Verb):
    name = "suspend"
    label = _("Suspend")
    permission = "team.change"
    dangerous = True
    form_class = ReasonForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.status == Status.ACTIVE and obj.user_id != actor.id and can_change_member(actor, obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("%(name)s cannot open this business any more, at once.") % {"name": obj.user.name},
            _("API tokens, and API keys this person made, end now; keys must be made anew."),
            _("You can let the person in again at any time."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.suspend_member(actor, membership_id=obj.pk, reason=data["reason"])


class Withdraw(Verb):
    name = "withdraw"
    label = _("Withdraw invitation")
    permission = "team.change"
    dangerous = True

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.status == Status.INVITED and can_change_member(actor, obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("The link that %(email)s was sent stops working.") % {"email": obj.user.email}]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.remove_member(actor, membership_id=obj.pk, reason="invitation withdrawn")

    def success(self, obj: Any, result: Any) -> Any:
        return _("The invitation was withdrawn.")

    def success_url(self, obj: Any, result: Any) -> str | None:
        return "/admin/businesses/membership/"


class Remove(Verb):
    name = "remove"
    label = _("Remove from team")
    permission = "team.change"
    dangerous = True
    form_class = ReasonForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        is_member = obj.status != Status.INVITED and obj.user_id != actor.id
        return is_member and can_change_member(actor, obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("%(name)s loses access to this business at once.") % {"name": obj.user.name},
            _("API tokens, and API keys this person made, end now; keys must be made anew."),
            _("What the person did stays in the audit trail. To come back, a new invitation is needed."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.remove_member(actor, membership_id=obj.pk, reason=data["reason"])

    def success(self, obj: Any, result: Any) -> Any:
        return _("%(name)s was removed.") % {"name": obj.user.name}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return "/admin/businesses/membership/"


class Leave(Verb):
    name = "leave"
    label = _("Leave this business")
    permission = "team.read"
    dangerous = True

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return bool(obj.user_id == actor.id)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("You lose access at once. To come back, you need a new invitation.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.leave_business(actor)

    def success(self, obj: Any, result: Any) -> Any:
        return _("You have left.")

    def success_url(self, obj: Any, result: Any) -> str | None:
        return "/admin/"
