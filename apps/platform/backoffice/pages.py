"""Pages of one's own inside the back office's frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from apps.platform.backoffice.sites import BackOfficeSite, site

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Page:
    """A registered page."""

    route: str
    name: str
    view: View


_pages: list[Page] = []


def page(route: str, *, name: str, title: Any, permission: str | None) -> Callable[[View], View]:
    """Put a view at /admin/<route> as `admin:<name>`, for those who have the permission."""

    def register(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if permission is not None:
                request.actor.require(permission)  # type: ignore[attr-defined]
            request.page_title = title  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        _pages.append(Page(route, name, guarded))
        return guarded

    return register


def page_urls(admin_site: BackOfficeSite) -> list[URLPattern]:
    """The registered pages as URL patterns."""
    return [path(entry.route, admin_site.admin_view(entry.view), name=entry.name) for entry in _pages]


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> TemplateResponse:
    """Render a template that extends `backoffice/page.html` in the frame."""
    request.current_app = site.name  # type: ignore[attr-defined]
    full = {
        **site.each_context(request),
        "title": getattr(request, "page_title", ""),
        **getattr(request, "page_list", {}),
        **(context or {}),
    }
    return TemplateResponse(request, template, full, status=status)
