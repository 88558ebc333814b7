"""The people of the business."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.models import UserSession
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter

from apps.kernel import tenancy
from apps.kernel.actors import Actor, say_actor
from apps.kernel.models import AuditEntry
from apps.kernel.plain_words import say_action
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_moment, moment_column, state_column, text_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.house.team_verbs import (
    ChangeRole,
    Invite,
    InviteAgain,
    Leave,
    LimitReach,
    Reactivate,
    Remove,
    Suspend,
    Withdraw,
)
from apps.platform.backoffice.tabs import Tab
from apps.platform.businesses.invitations import GOOD_FOR
from apps.platform.businesses.models import Membership

LATEST_ACTS = 20


@register(Membership)
class MembershipAdmin(TenantModelAdmin):
    """Who works here, as what, and what of the business each one sees."""

    read_permission = "team.read"
    list_display = (
        text_column("user.name", description=_("Name")),
        text_column("user.email", description=_("E-mail")),
        text_column("role.name", description=_("Role")),
        state_column("status", description=_("State")),
        moment_column("last_seen", description=_("Last seen")),
    )
    list_filter = (("role", RelatedDropdownFilter), "own_customers_only")
    search_fields = ("user__email__istartswith", "user__display_name__icontains")
    search_help_text = _("Name or e-mail")
    ordering = ("created_at", "id")
    tabs = (
        Tab("all", _("Everybody"), Q()),
        Tab("active", _("Active"), Q(status="active")),
        Tab("invited", _("Invited"), Q(status="invited")),
        Tab("suspended", _("Suspended"), Q(status="suspended")),
    )
    empty_title = _("Nobody here")
    empty_text = _("Invite the people you work with; each sees what the role allows.")
    empty_verb = "invite"
    verbs = (ChangeRole, LimitReach, InviteAgain, Reactivate, Suspend, Withdraw, Remove, Leave)
    list_verbs = (Invite,)

    def list_title(self) -> str:
        return str(_("Team"))

    def title(self, obj: Any) -> Any:
        return obj.user.name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).select_related("user", "role", "business")
        seen = UserSession.objects.filter(user=OuterRef("user")).order_by().values("user")
        return found.annotate(last_seen=Subquery(seen.annotate(at=Max("last_seen_at")).values("at")))

    def facts(self, actor: Actor, obj: Any) -> list[Fact]:
        return [
            Fact(_("E-mail"), obj.user.email),
            Fact(_("Role"), obj.role.name, _role_url(actor, obj)),
            Fact(_("Locations"), ", ".join(_places(obj)) or _("All")),
            Fact(_("Customers"), _("Own customers only") if obj.own_customers_only else _("All")),
            *_invitation_facts(obj),
            Fact(_("Joined"), format_moment(obj.joined_at)),
            Fact(_("Last seen"), format_moment(obj.last_seen or obj.user.last_login) or _("Never")),
        ]

    def sections(self, actor: Actor, obj: Any) -> list[Section]:
        sections = []
        if actor.may("business.own") and obj.status == "active" and obj.user_id != actor.id:
            url = f"{reverse('admin:preview')}?member={obj.pk}"
            text = _now("See what %(name)s sees") % {"name": obj.user.name}
            sections.append(
                Section(text, html=_now("The same menu, rows and figures; nothing can be changed."), url=url)
            )
        if actor.may("audit.read"):
            sections += [_sign_ins(obj), _lately(obj)]
        return sections


def _role_url(actor: Actor, member: Membership) -> str:
    return reverse("admin:businesses_role_change", args=[member.role_id]) if actor.may("roles.read") else ""


def _places(member: Membership) -> list[str]:
    # All of them, also those that the reader himself is not to see: "All" would be wrong.
    with tenancy.bind(member.business_id):
        return [place.name for place in member.locations.all()]


def _invitation_facts(member: Membership) -> list[Fact]:
    if not member.invited_by_label:
        return []
    facts = [Fact(_("Invited by"), member.invited_by_label)]
    if member.status == Membership.Status.INVITED and member.invited_at:
        facts.append(Fact(_("Invitation good until"), format_moment(member.invited_at + GOOD_FOR)))
    return facts


def _sign_ins(member: Membership) -> Section:
    """Sign-ins and failed ones, exports, and when somebody worked in the member's place: as this business saw them."""
    about_account = Q(object_type="accounts.user", object_id=str(member.user_id))
    as_member = Q(
        object_type="businesses.membership", object_id=str(member.pk), action__startswith="impersonation."
    )
    taken_away = Q(actor_id=member.user_id) & (
        Q(action__startswith="access.") | Q(action__endswith=".exported") | Q(action__endswith=".downloaded")
    )
    entries = AuditEntry.objects.filter(chain=tenancy.require_business_id()).filter(
        about_account | as_member | taken_away
    )
    return Section(
        _("Sign-ins, exports and who worked in their place"),
        columns=[_("When"), _("What"), _("How"), _("By"), _("From")],
        rows=[
            [format_moment(entry.at), say_action(entry.action), _how(entry), say_actor(entry), entry.ip]
            for entry in entries.order_by("-sequence")[:LATEST_ACTS]
        ],
        empty=_("Nobody has signed in with this account here yet."),
        url=f"{reverse('admin:audit_trail')}?object={member.user_id}",
    )


def _how(entry: AuditEntry) -> str:
    said = entry.after or {}
    return " ".join(str(said[name]) for name in ("how", "what", "format", "as", "device") if said.get(name))


def _lately(member: Membership) -> Section:
    entries = AuditEntry.objects.filter(chain=tenancy.require_business_id(), actor_id=member.user_id)
    return Section(
        _("What they did lately"),
        columns=[_("When"), _("What"), _("To")],
        rows=[
            [format_moment(entry.at), say_action(entry.action), entry.object_label]
            for entry in entries.order_by("-sequence")[:LATEST_ACTS]
        ],
        empty=_("Nothing that is kept in the audit trail yet."),
        url=f"{reverse('admin:audit_trail')}?actor={member.user_id}",
    )


nav.register(
    section="Settings",
    label=_("Team"),
    url="admin:businesses_membership_changelist",
    permission="team.read",
    icon="group",
    order=20,
)
