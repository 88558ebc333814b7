"""The back office's site: who may enter, error pages inside its frame, and the product's own pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from apps.kernel.errors import DomainError, NotFound, PermissionRefused
from apps.platform.backoffice import nav, today
from apps.platform.businesses.selectors import find_across_membership

# What a form or a link can send. Django's views take every other word for a reading one, and run whole for it.
METHODS = ["GET", "HEAD", "POST", "OPTIONS"]


class BackOfficeSite(UnfoldAdminSite):
    """An admin site for members of a business. What they see comes from `request.actor`."""

    site_title = "MoniDesk"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and getattr(request, "actor", None))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        guarded = super().admin_view(self._with_error_pages(view), cacheable)

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            if request.user.is_authenticated and not self.has_permission(request):
                return self._without_business(request)
            response: HttpResponse = guarded(request, *args, **kwargs)
            return response

        return update_wrapper(inner, view)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Sign-in is the accounts' own page; there is one door only."""
        target = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': target})}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        from django.contrib.auth import logout

        if request.method == "POST":
            logout(request)
        return HttpResponseRedirect(reverse("account_login"))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_change_password"))

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Today: four questions, answered by whoever registered for them."""
        context = {
            **self.each_context(request),
            "title": _("Today"),
            "answers": today.answers(request.actor),  # type: ignore[attr-defined]
            **(extra_context or {}),
        }
        request.current_app = self.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "backoffice/today.html", context)

    def search(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Ctrl-K. The theme keeps results by person and term in a shared cache; ours differ by business."""
        from apps.platform.backoffice.search import command_results

        term = request.GET.get("s", "")[:100]
        results = command_results(request, term)
        request.current_app = self.name  # type: ignore[attr-defined]
        return TemplateResponse(
            request, "backoffice/command_results.html", {"results": results, "term": term}
        )

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Nothing: no page shows the tables by app, and asking every table's permissions costs each page."""
        return []

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The menu as it is registered; the theme would copy and look through it again on every page."""
        return nav.sidebar(request)

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> Any:
        """Lists of tables are not how this back office is read; the menu is by job."""
        raise Http404

    def get_urls(self) -> list[URLPattern]:
        from apps.platform.backoffice.pages import page_urls

        own = [
            *page_urls(self),
            path(
                "<slug:app_label>/<slug:model_name>/<uuid:pk>/do/<slug:name>/",
                self.admin_view(self.verb_view),
                name="verb",
            ),
            path(
                "<slug:app_label>/<slug:model_name>/do/<slug:name>/",
                self.admin_view(self.list_verb_view),
                name="list_verb",
            ),
        ]
        return own + super().get_urls()

    def verb_view(
        self, request: HttpRequest, app_label: str, model_name: str, pk: UUID, name: str
    ) -> HttpResponse:
        """A verb of one row."""
        from apps.platform.backoffice.verbs import run_verb

        model_admin = self._model_admin(request, app_label, model_name)
        verb = _named(model_admin.verbs, name)
        row = model_admin.get_row(request, pk)
        request.page_list = model_admin.list_place()  # type: ignore[attr-defined]
        # As its own page calls it: some rows have no name but in the words of their page.
        request.page_subject = model_admin.title(row)  # type: ignore[attr-defined]
        return run_verb(request, verb, row, model_admin.row_url(row))

    def list_verb_view(
        self, request: HttpRequest, app_label: str, model_name: str, name: str
    ) -> HttpResponse:
        """A verb of a list."""
        from apps.platform.backoffice.verbs import run_verb

        model_admin = self._model_admin(request, app_label, model_name)
        verb = _named(model_admin.list_verbs, name)
        request.page_list = place = model_admin.list_place()  # type: ignore[attr-defined]
        return run_verb(request, verb, None, place["list_url"])

    def _model_admin(self, request: HttpRequest, app_label: str, model_name: str) -> Any:
        for model, model_admin in self._registry.items():
            if (model._meta.app_label, model._meta.model_name) == (app_label, model_name):
                if not model_admin.has_view_permission(request):
                    raise PermissionDenied
                return model_admin
        raise Http404

    def _with_error_pages(self, view: Callable[..., Any]) -> Callable[..., Any]:
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                asked = request.META.get("QUERY_STRING", "")
                if "%00" in asked:
                    # The database breaks a search off at this character. Its place is kept by one that nothing is
                    # called by: left out, a filter would become another one, or none.
                    request.META["QUERY_STRING"] = asked.replace("%00", "%EF%BF%BD")
                    request.GET = QueryDict(request.META["QUERY_STRING"])  # type: ignore[assignment,misc]
                response: HttpResponse = view(request, *args, **kwargs)
                return response
            except Http404:
                return self._error_page(request, NotFound(_("This page or record does not exist here.")))
            except PermissionDenied:
                return self._error_page(
                    request,
                    PermissionRefused(
                        _("Your role does not allow this page."),
                        remedy=_("Ask an owner of the business to change your role."),
                    ),
                )
            except DomainError as error:
                return self._error_page(request, error)

        return update_wrapper(inner, view)

    def _error_page(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        from apps.platform.backoffice.pages import render_page

        context = {"title": _("That did not work"), "error": error}
        return render_page(request, "backoffice/error.html", context, status=error.status)

    def _without_business(self, request: HttpRequest) -> HttpResponse:
        if getattr(request.user, "is_platform_admin", False):
            return HttpResponseRedirect(reverse("platform_home"))
        context = {"membership": find_across_membership(request.user, ["active", "pending"])}  # type: ignore[arg-type]
        return TemplateResponse(request, "backoffice/without_business.html", context, status=403)


def _named(verbs: Any, name: str) -> Any:
    for kind in verbs:
        if kind.name == name:
            return kind()
    raise Http404


site = BackOfficeSite(name="admin")
