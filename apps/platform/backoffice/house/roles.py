"""Roles and their permission grid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, DomainError, InvalidInput
from apps.kernel.permissions import describe, expand
from apps.kernel.web import form_error
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_state, number_column
from apps.platform.backoffice.house.grid import area_of, compare, grid
from apps.platform.backoffice.house.role_caps import CapsForm
from apps.platform.backoffice.overtaken import guard, keep_seen, others_ticked, seen_ticks
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.models import Role
from apps.platform.businesses.policies import list_givable
from apps.platform.businesses.services import add_role, change_role, copy_role, delete_role, review_role
from apps.platform.businesses.shipped_roles import list_new


class NewRoleForm(forms.Form):
    """A new role; what it may do is ticked on its page."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)


class AddRole(Verb):
    name = "add"
    label = gettext_lazy("Add role")
    permission = "roles.change"
    form_class = NewRoleForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("It may do nothing at first; on the next page you tick what it may.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return add_role(actor, name=data["name"], key=key)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return f"/admin/businesses/role/{result.pk}/"


class CopyRole(Verb):
    name = "copy"
    label = gettext_lazy("Copy")
    permission = "roles.change"
    form_class = NewRoleForm
    submit_label = gettext_lazy("Copy role")

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("A new role that may do what %(name)s may; %(name)s itself stays as it is.")
            % {"name": obj.name}
        ]

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"name": _("%(name)s, our way") % {"name": obj.name}}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return copy_role(actor, role_id=obj.pk, name=data["name"], key=key)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return f"/admin/businesses/role/{result.pk}/"


class ReviewForm(forms.Form):
    """What is new for a role, all ticked; what is unticked is not offered again."""

    given = forms.MultipleChoiceField(
        label=gettext_lazy("The role may now also"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, codes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given: Any = self.fields["given"]
        given.choices = [(code, f"{area_of(code)}: {describe(code)}") for code in codes]
        given.initial = codes


class ReviewRole(Verb):
    name = "review"
    label = gettext_lazy("Look at what is new")
    permission = "roles.change"
    icon = "new_releases"

    def _codes(self, actor: Actor, obj: Any) -> list[str]:
        return [code for code in list_new(obj) if actor.may(code)]

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return bool(self._codes(actor, obj))

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("Your business has changed this role, so new features were not added to it by themselves."),
            _("What you leave unticked is not offered again; you can still tick it in the table."),
        ]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return ReviewForm(codes=self._codes(actor, obj), **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return review_role(actor, role_id=obj.pk, given=data["given"])

    def success(self, obj: Any, result: Any) -> Any:
        return _("The role %(name)s was saved.") % {"name": obj.name}


class ReplacementForm(forms.Form):
    """Which role the members get instead."""

    replacement_id = forms.ChoiceField(label=gettext_lazy("Its members get"), required=False)

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Nobody has it")), *((str(role.pk), role.name) for role in roles)]
        self.fields["replacement_id"].choices = choices  # type: ignore[attr-defined]

    def clean_replacement_id(self) -> UUID | None:
        chosen = self.cleaned_data["replacement_id"]
        return UUID(chosen) if chosen else None


class DeleteRole(Verb):
    name = "delete"
    label = gettext_lazy("Delete role")
    permission = "roles.change"
    dangerous = True

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return not obj.is_owner

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        count = getattr(obj, "member_count", 0)
        members = ngettext("%(count)d member has this role.", "%(count)d members have this role.", count)
        gone = _("The role %(name)s is gone for good.") % {"name": obj.name}
        return [gone, members % {"count": count}]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        others = Role.objects.exclude(pk=obj.pk).exclude(code="owner")
        return ReplacementForm(roles=list_givable(actor, others), **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return delete_role(actor, role_id=obj.pk, replacement_id=data["replacement_id"])

    def success(self, obj: Any, result: Any) -> Any:
        return _("The role %(name)s was deleted.") % {"name": obj.name}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return "/admin/businesses/role/"


def kept_as(role: Role) -> str:
    """Whose the role is: the product's, which it follows, or the business's own, and whether something is new."""
    if new := len(list_new(role)):
        text = ngettext("%(count)d new permission", "%(count)d new permissions", new)
        return format_state("new", text % {"count": new}, "info")
    if role.is_owner or (role.is_shipped and not role.is_changed):
        return _("As it came")
    return _("Your own") if not role.is_shipped else _("Changed by you")


kept_as.short_description = gettext_lazy("Kept as")  # type: ignore[attr-defined]


@register(Role)
class RoleAdmin(TenantModelAdmin):
    """Roles; a role's page is its permission grid."""

    read_permission = "roles.read"
    list_display = ("name", number_column("member_count", description=gettext_lazy("Members")), kept_as)
    ordering = ("name", "id")
    verbs = (ReviewRole, CopyRole, DeleteRole)
    list_verbs = (AddRole,)
    detail_template = "backoffice/role.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).annotate(member_count=Count("memberships"))
        return found

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        actor: Actor = request.actor  # type: ignore[attr-defined]
        role = self.get_row(request, object_id)
        may_change = actor.may("roles.change") and not role.is_owner
        held = chosen = expand(role.permissions)
        seen = request.POST.get("seen_ticks") or seen_ticks(held)
        error: DomainError | None = None
        currency = request.business.currency  # type: ignore[attr-defined]
        sends_caps = request.method == "POST" and "caps" in request.POST
        caps_form = CapsForm(role, currency, data=request.POST if sends_caps else None)
        keep_seen(request, caps_form)
        if sends_caps:
            try:
                if guard(request, caps_form):
                    error = Conflict(_("Somebody else saved other limits meanwhile; the marked ones."))
                elif caps_form.is_valid():
                    caps_form.save(actor, role)
                    messages.success(request, _("The limits of %(name)s were saved.") % {"name": role.name})
                    return HttpResponseRedirect(request.path)
                else:
                    error = InvalidInput()
            except DomainError as refusal:
                form_error(caps_form, refusal)
                error = refusal
        elif request.method == "POST":
            # What is fixed for the actor is not sent by the browser and stays as it is.
            sent = set(request.POST.getlist("permissions"))
            kept = {code for code in chosen if not actor.may(code)}
            chosen = frozenset(sent | kept)
            try:
                if any(others := others_ticked(seen, held, chosen)):
                    seen = seen_ticks(held)
                    raise _overtaken(*others)
                change_role(actor, role_id=role.pk, permissions=chosen)
            except DomainError as refusal:
                error = refusal
            else:
                messages.success(request, _("The role %(name)s was saved.") % {"name": role.name})
                return HttpResponseRedirect(request.path)
        extra = {
            "caps_form": caps_form if caps_form.fields and not role.is_owner else None,
            "wings": grid(actor, chosen, is_fixed=not may_change),
            "seen_ticks": seen,
            "may_change": may_change,
            "may_preview": actor.may("business.own") and not role.is_owner,
            "error": error,
            "new": [(area_of(code), describe(code)) for code in list_new(role)],
        }
        response = self.render_detail(request, role, extra)
        response.status_code = error.status if error else 200
        return response


def _overtaken(ticked: set[str], unticked: set[str]) -> Conflict:
    said = [_("Somebody else changed this role meanwhile.")]
    if ticked:
        said.append(_("They ticked: %(what)s.") % {"what": _named(ticked)})
    if unticked:
        said.append(_("They unticked: %(what)s.") % {"what": _named(unticked)})
    return Conflict(" ".join(said), remedy=_("Saving again writes what is here."))


def _named(codes: set[str]) -> str:
    return ", ".join(sorted(f"{area_of(code)}: {describe(code)}" for code in codes))


@page("roles/compare/", name="roles_compare", title=gettext_lazy("Compare roles"), permission="roles.read")
def compare_roles(request: HttpRequest) -> HttpResponse:
    """Two roles side by side, first where they differ."""
    roles = list(Role.objects.order_by("name", "id"))
    known = {str(role.pk): role for role in roles}
    one, other = known.get(request.GET.get("one", "")), known.get(request.GET.get("other", ""))
    context: dict[str, Any] = {"roles": roles, "one": one, "other": other}
    if one is not None and other is not None:
        context["lines"] = compare(expand(one.permissions), expand(other.permissions))
    return render_page(request, "backoffice/compare_roles.html", context)


nav.register(
    section="Settings",
    label=gettext_lazy("Roles"),
    url="admin:businesses_role_changelist",
    under="admin:businesses_membership_changelist",
    permission="roles.read",
    icon="admin_panel_settings",
    order=30,
)
