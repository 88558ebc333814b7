"""Views of a list: keep the present one under a name, look at what is kept, forget it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.web import form_error
from apps.platform.backoffice.columns import column_label
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.saved_views import (
    COLUMNS,
    columns_in,
    list_views,
    query_kept,
)
from apps.platform.backoffice.services import delete_view, save_view
from apps.platform.backoffice.sites import site


class ViewForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    columns = forms.MultipleChoiceField(
        label=_("Columns"), required=False, widget=forms.CheckboxSelectMultiple
    )
    shared = forms.BooleanField(label=_("Show it to the whole team"), required=False)
    is_default = forms.BooleanField(label=_("Open the list with it, for me"), required=False)
    query = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)

    def __init__(self, columns: list[tuple[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["columns"]
        field.choices = columns

    def whole_query(self) -> str:
        """The query with the chosen columns; all of them are said by saying none."""
        pairs = [pair for pair in parse_qsl(self.cleaned_data["query"]) if pair[0] != COLUMNS]
        chosen, choices = self.cleaned_data["columns"], self.fields["columns"].choices  # type: ignore[attr-defined]
        if chosen and len(chosen) < len(choices):
            pairs.append((COLUMNS, ",".join(sorted(chosen, key=int))))
        return query_kept(pairs)


@page("views/<slug:app_label>/<slug:model_name>/", name="saved_views", title=_("Views"), permission=None)
def show_views(request: HttpRequest, app_label: str, model_name: str) -> HttpResponse:
    """For everybody who may read the list."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    model_admin = _admin_of(request, app_label, model_name)
    columns: list[tuple[str, Any]] = [
        (str(number), column_label(name, model_admin.model, model_admin))
        for number, name in enumerate(model_admin.get_list_display(request))
    ]
    place = model_admin.list_place()
    if request.method == "POST" and "delete" in request.POST:
        return _forget(request, actor)
    query = query_kept(parse_qsl(request.GET.get("query", "")))
    shown = columns_in(dict(parse_qsl(query)).get(COLUMNS))
    begin = {
        "query": query,
        "columns": [code for code, _label in columns if shown is None or int(code) in shown],
    }
    form = ViewForm(columns, request.POST or None, initial=begin)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            data = form.cleaned_data
            try:
                kept = save_view(
                    actor,
                    list_name=model_admin.list_name(),
                    name=data["name"],
                    query=form.whole_query(),
                    shared=data["shared"],
                    is_default=data["is_default"],
                )
            except DomainError as error:
                form_error(form, error)
                status = error.status
            else:
                messages.success(request, _now("The view “%(name)s” is kept.") % {"name": kept.name})
                return HttpResponseRedirect(f"{place['list_url']}?{kept.query}")
    may_all = actor.may("business.change")
    rows = [
        {
            "view": view,
            "url": f"{place['list_url']}?{view.query}",
            "may_delete": may_all or view.user_id == actor.id,
        }
        for view in list_views(actor, model_admin.list_name())
    ]
    title = _now("Views of %(list)s") % {"list": place["list_title"]}
    context = {"title": title, "form": form, "rows": rows, "me": actor.id, **place}
    return render_page(request, "backoffice/saved_views.html", context, status=status)


def _forget(request: HttpRequest, actor: Actor) -> HttpResponse:
    try:
        view_id = UUID(request.POST["delete"])
    except ValueError as error:
        raise Http404 from error
    delete_view(actor, view_id=view_id)
    messages.success(request, _now("The view is deleted."))
    return HttpResponseRedirect(request.path)


def _admin_of(request: HttpRequest, app_label: str, model_name: str) -> Any:
    for model, model_admin in site._registry.items():
        if (model._meta.app_label, model._meta.model_name) == (app_label, model_name):
            if not hasattr(model_admin, "list_name"):
                raise Http404
            if not model_admin.has_view_permission(request):
                raise PermissionDenied
            return model_admin
    raise Http404
