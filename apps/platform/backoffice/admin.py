"""The base of every list and detail page of a tenant's rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from apps.kernel.actors import Actor
from apps.platform.backoffice.changelist import WindowChangeList
from apps.platform.backoffice.columns import Column, format_field_state
from apps.platform.backoffice.detail import Fact, Section, Step, sections_of_others
from apps.platform.backoffice.saved_views import KeptView, ViewLink, pairs_of, query_kept, views_in
from apps.platform.backoffice.sites import site
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb, offered

# `@register(Order)` puts a ModelAdmin on the back office and nowhere else.
register: Callable[..., Any] = partial(admin.register, site=site)


class TenantModelAdmin(ModelAdmin):
    """Rows of the active business, read only; everything that changes something is a verb.

    Without the `read_permission` the pages are neither listed nor answered. Rows of other businesses do not
    exist here: the model's own manager is bound to the tenant.
    """

    read_permission: ClassVar[str | None] = None
    tabs: ClassVar[Sequence[Tab]] = ()
    verbs: ClassVar[Sequence[type[Verb]]] = ()
    list_verbs: ClassVar[Sequence[type[Verb]]] = ()
    empty_title: ClassVar[Any] = ""
    empty_text: ClassVar[Any] = ""
    empty_verb: ClassVar[str] = ""

    actions = ()
    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by: Sequence[str] = ()
    change_list_template = "backoffice/change_list.html"
    detail_template = "backoffice/detail.html"
    list_filter_submit = True

    # Who may what: the actor's permissions and nothing else.

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        actor: Actor | None = getattr(request, "actor", None)
        return actor is not None and self.read_permission is not None and actor.may(self.read_permission)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # What a detail page shows; apps override these.

    def title(self, obj: Any) -> Any:
        """The heading of the detail page."""
        return str(obj)

    def subtitle(self, obj: Any) -> Any:
        """A soft line under the heading."""
        return ""

    def chips(self, obj: Any) -> list[str]:
        """Names of the state fields shown beside the heading."""
        return [
            field.name
            for field in obj._meta.concrete_fields
            if field.name in {"state", "status"} or field.name.endswith("_state")
        ]

    def facts(self, actor: Actor, obj: Any) -> list[Fact]:
        """The summary on top."""
        return []

    def sections(self, actor: Actor, obj: Any) -> list[Section]:
        """Tables and pieces below the summary."""
        return []

    def timeline(self, actor: Actor, obj: Any) -> list[Step]:
        """What happened, newest first."""
        return []

    # Lists.

    def get_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        """The saved views of the list; the first is the one opened."""
        return self.tabs

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[WindowChangeList]:
        return WindowChangeList

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> None:
        # Every row is one link, made by the list's own template.
        return None

    def row_url(self, obj: Any) -> str:
        """Where a row of the list leads."""
        options = obj._meta
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[obj.pk])

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        views = views_in(request, self.list_name())
        first = next((view for view in views if view.opens_first_for(request.actor)), None)  # type: ignore[attr-defined]
        if first is not None and not request.GET:
            return HttpResponseRedirect(f"?{first.query}")
        verbs = offered(self.list_verbs, request.actor, self.model, None)  # type: ignore[attr-defined]
        empty = {
            "title": self.empty_title,
            "text": self.empty_text,
            "verb": next((link for link in verbs if link.verb.name == self.empty_verb), None),
        }
        context = {
            "title": self.list_title(),
            "list_verbs": verbs,
            "empty": empty,
            "subtitle": None,
            **self._views_context(request, views),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def list_name(self) -> str:
        """What saved views know the list by."""
        return f"{self.opts.app_label}.{self.opts.model_name}"

    def _views_context(self, request: HttpRequest, views: Sequence[KeptView]) -> dict[str, Any]:
        asked = query_kept(pairs_of(request.GET))
        page = reverse("admin:saved_views", args=[self.opts.app_label, self.opts.model_name])
        return {
            "views": [
                ViewLink(view.name, f"?{view.query}", view.query == asked, view.shared) for view in views
            ],
            "view_is_open": any(view.query == asked for view in views),
            "views_url": f"{page}?{urlencode({'query': asked})}" if asked else page,
        }

    def list_title(self) -> str:
        """The heading of the list."""
        name = str(self.model._meta.verbose_name_plural)
        return name[:1].upper() + name[1:]

    def list_place(self) -> dict[str, str]:
        """The list's heading and address, for the path above every page of its rows."""
        options = self.model._meta
        address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        return {"list_title": self.list_title(), "list_url": address}

    # Detail pages.

    def get_urls(self) -> list[URLPattern]:
        options = self.model._meta
        prefix = f"{options.app_label}_{options.model_name}"
        view = self.admin_site.admin_view
        return [
            *(self._path_from_custom_url(custom) for custom in self.get_custom_urls()),
            path("", view(self.changelist_view), name=f"{prefix}_changelist"),
            path("<uuid:object_id>/", view(self.change_view), name=f"{prefix}_change"),
        ]

    def get_row(self, request: HttpRequest, object_id: UUID | str) -> Any:
        """The row, or 404: also for other businesses' rows and for ids that are none."""
        row = self.get_object(request, str(object_id))
        if row is None:
            raise Http404
        return row

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.render_detail(request, self.get_row(request, object_id), extra_context or {})

    def render_detail(self, request: HttpRequest, obj: Any, extra: dict[str, Any]) -> HttpResponse:
        """The detail page: heading with chips, verbs, facts, sections, timeline."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        links = offered(self.verbs, actor, self.model, obj)
        context = {
            **self.admin_site.each_context(request),
            "title": self.title(obj),
            "heading": self.title(obj),
            "subtitle": self.subtitle(obj),
            **self.list_place(),
            "object": obj,
            "chips": [chip for chip in (format_field_state(obj, name) for name in self.chips(obj)) if chip],
            "verbs": [link for link in links if not link.verb.dangerous],
            "dangerous_verbs": [link for link in links if link.verb.dangerous],
            "facts": self.facts(actor, obj),
            "sections": [*self.sections(actor, obj), *sections_of_others(actor, obj)],
            "timeline": self.timeline(actor, obj),
            **extra,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, self.detail_template, context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found: models.Model | None = super().get_object(request, object_id, from_field)
        return found


__all__ = ["Column", "TenantModelAdmin", "register"]
