"""The people of the business."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import moment_column, state_column, text_column
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses import services
from apps.platform.businesses.models import Location, Membership, Role
from apps.platform.businesses.policies import can_change_member, can_give_role

Status = Membership.Status


def _role_choices(actor: Actor) -> list[tuple[str, str]]:
    return [(str(role.pk), role.name) for role in Role.objects.all() if can_give_role(actor, role)]


def _location_choices() -> list[tuple[str, str]]:
    return [(str(place.pk), place.name) for place in Location.objects.filter(active=True)]


class RoleForm(forms.Form):
    """Choosing a role; only those the actor may give."""

    role_id = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role_id"].choices = _role_choices(actor)  # type: ignore[attr-defined]

    def clean_role_id(self) -> UUID:
        return UUID(self.cleaned_data["role_id"])


class PlacesForm(forms.Form):
    """Choosing locations; none means all."""

    location_ids = forms.MultipleChoiceField(
        label=_("Only these locations"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Leave all empty to allow every location, also those added later."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location_ids"].choices = _location_choices()  # type: ignore[attr-defined]

    def clean_location_ids(self) -> list[UUID]:
        return [UUID(pk) for pk in self.cleaned_data["location_ids"]]


class InviteForm(PlacesForm, RoleForm):
    """Whom to invite, as what."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    field_order = ("email", "role_id", "location_ids")


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
        return [
            _("%(email)s gets a new link; the earlier one stops working.") % {"email": obj.user.email},
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.resend_invitation(actor, membership_id=obj.pk, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _("The invitation was sent again.")


class ChangeRole(Verb):
    name = "role"
    label = _("Change role")
    permission = "team.change"
    submit_label = _("Save role")

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


class LimitLocations(Verb):
    name = "locations"
    label = _("Limit locations")
    permission = "team.change"
    submit_label = _("Save locations")

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_change_member(actor, obj) and not obj.role.is_owner

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"location_ids": [str(pk) for pk in obj.locations.values_list("pk", flat=True)]}

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return PlacesForm(**kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.set_member_locations(actor, membership_id=obj.pk, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _("Locations saved.")


class Reactivate(Verb):
    name = "reactivate"
    label = _("Let in again")
    permission = "team.change"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.status == Status.SUSPENDED and can_change_member(actor, obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("%(name)s can work again as %(role)s.") % {"name": obj.user.name, "role": obj.role.name},
        ]

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
            _("You can let the person in again at any time."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.suspend_member(actor, membership_id=obj.pk, reason=data["reason"])


class Remove(Verb):
    name = "remove"
    label = _("Remove from team")
    permission = "team.change"
    dangerous = True
    form_class = ReasonForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.user_id != actor.id and can_change_member(actor, obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("%(name)s loses access to this business at once.") % {"name": obj.user.name},
            _("What the person did stays in the audit trail. To come back, a new invitation is needed."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.remove_member(actor, membership_id=obj.pk, reason=data["reason"])

    def success(self, obj: Any, result: Any) -> Any:
        return _("%(name)s was removed.") % {"name": obj.user.name}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return "/admin/businesses/membership/"


@register(Membership)
class MembershipAdmin(TenantModelAdmin):
    """Who works here."""

    read_permission = "team.read"
    list_display = (
        text_column("user.name", description=_("Name")),
        text_column("user.email", description=_("E-mail")),
        text_column("role.name", description=_("Role")),
        state_column("status", description=_("State")),
        moment_column("user.last_login", description=_("Last sign-in")),
    )
    list_select_related = ("user", "role")
    search_fields = ("user__email__istartswith", "user__display_name__icontains")
    ordering = ("created_at", "id")
    tabs = (
        Tab("all", _("Everybody"), Q()),
        Tab("invited", _("Invited"), Q(status="invited")),
        Tab("suspended", _("Suspended"), Q(status="suspended")),
    )
    verbs = (ChangeRole, LimitLocations, InviteAgain, Reactivate, Suspend, Remove)
    list_verbs = (Invite,)

    def list_title(self) -> str:
        return str(_("Team"))

    def title(self, obj: Any) -> Any:
        return obj.user.name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).select_related("user", "role", "business")
        return found

    def facts(self, actor: Actor, obj: Any) -> list[Fact]:
        places = [place.name for place in obj.locations.all()]
        return [
            Fact(_("E-mail"), obj.user.email),
            Fact(_("Role"), obj.role.name),
            Fact(_("Locations"), ", ".join(places) or _("All")),
            Fact(_("Joined"), moment_column("joined_at")(obj)),
            Fact(_("Last sign-in"), moment_column("user.last_login")(obj) or _("Never")),
            *([Fact(_("Invited by"), obj.invited_by_label)] if obj.invited_by_label else []),
        ]


nav.register(
    section="Settings",
    label=_("Team"),
    url="admin:businesses_membership_changelist",
    permission="team.read",
    icon="group",
    order=20,
)
