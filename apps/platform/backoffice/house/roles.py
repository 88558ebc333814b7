"""Roles and their permission grid."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.permissions import all_permissions, expand
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import number_column
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.models import Role
from apps.platform.businesses.services import add_role, change_role, delete_role

# An action that so many resources have gets a column of its own; the others stand by name.
COMMON = 3


@dataclass(frozen=True)
class Box:
    """One checkbox of the grid."""

    code: str
    action: str
    label: str
    is_on: bool
    is_fixed: bool


@dataclass(frozen=True)
class Line:
    """One resource of the grid: a box or nothing per common action, then the other boxes."""

    resource: str
    common: list[Box | None]
    others: list[Box]


def grid(actor: Actor, chosen: frozenset[str], *, is_fixed: bool) -> tuple[list[str], list[Line]]:
    """(common actions, lines) for the permissions that exist. What the actor lacks cannot be ticked."""
    codes = all_permissions()
    by_resource: dict[str, dict[str, Box]] = {}
    for code, label in codes.items():
        resource, _dot, action = code.partition(".")
        fixed = is_fixed or not actor.may(code)
        by_resource.setdefault(resource, {})[action] = Box(code, action, str(label), code in chosen, fixed)
    counted = Counter(action for boxes in by_resource.values() for action in boxes)
    common = [action for action, times in counted.most_common() if times >= COMMON]
    common.sort(key=lambda action: (action != "read", -counted[action], action))
    lines = [
        Line(
            resource=resource.replace("_", " "),
            common=[boxes.get(action) for action in common],
            others=[box for action, box in sorted(boxes.items()) if action not in common],
        )
        for resource, boxes in sorted(by_resource.items())
    ]
    return common, lines


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


class DeleteRole(Verb):
    name = "delete"
    label = gettext_lazy("Delete role")
    permission = "roles.change"
    dangerous = True

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return not obj.is_owner

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("The role %(name)s is gone for good. It must not be anybody's role.") % {"name": obj.name}]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return delete_role(actor, role_id=obj.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _("The role %(name)s was deleted.") % {"name": obj.name}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return "/admin/businesses/role/"


@register(Role)
class RoleAdmin(TenantModelAdmin):
    """Roles; a role's page is its permission grid."""

    read_permission = "roles.read"
    list_display = ("name", number_column("member_count", description=gettext_lazy("Members")))
    ordering = ("name", "id")
    verbs = (DeleteRole,)
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
        chosen = expand(role.permissions)
        error: DomainError | None = None
        if request.method == "POST":
            # What is fixed for the actor is not sent by the browser and stays as it is.
            sent = set(request.POST.getlist("permissions"))
            kept = {code for code in chosen if not actor.may(code)}
            chosen = frozenset(sent | kept)
            try:
                change_role(actor, role_id=role.pk, permissions=chosen)
            except DomainError as refusal:
                error = refusal
            else:
                messages.success(request, _("The role %(name)s was saved.") % {"name": role.name})
                return HttpResponseRedirect(request.path)
        common, lines = grid(actor, chosen, is_fixed=not may_change)
        extra = {"common": common, "lines": lines, "may_change": may_change, "error": error}
        response = self.render_detail(request, role, extra)
        response.status_code = error.status if error else 200
        return response


nav.register(
    section="Settings",
    label=gettext_lazy("Roles"),
    url="admin:businesses_role_changelist",
    permission="roles.read",
    icon="admin_panel_settings",
    order=30,
)
