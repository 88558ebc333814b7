"""Who did what and when: the trail of the business, one entry, files of it, its archives."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.kernel import clock
from apps.kernel.audit_coverage import SENSITIVE
from apps.kernel.errors import DomainError
from apps.kernel.models import AuditEntry
from apps.kernel.plain_words import say_action
from apps.kernel.web import form_error
from apps.platform.backoffice import nav
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.models import Membership, Role
from apps.platform.media.stores import StorageUnavailable, get_store
from apps.platform.records import policies, writing
from apps.platform.records.models import LEGAL_MINIMUM_DAYS, LONGEST_DAYS
from apps.platform.records.selectors import (
    Wanted,
    find_actor_label,
    list_archives,
    list_entries,
    list_object_types,
    narrow,
    newest_sequence,
    read_in_chunks,
    retention_days,
)
from apps.platform.records.services import enter_export, set_retention
from apps.platform.records.words import Reading

PAGE = 50
FORMATS = {
    "csv": (writing.csv_lines, "text/csv; charset=utf-8"),
    "jsonl": (writing.json_lines, "application/x-ndjson"),
}
ADDRESS_GOOD_FOR = dt.timedelta(minutes=10)


class AuditFilter(forms.Form):
    """Narrowing the trail."""

    actor = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    subject = forms.ChoiceField(label=gettext_lazy("About"), required=False)
    action = forms.CharField(label=gettext_lazy("What"), required=False, max_length=80)
    object_type = forms.ChoiceField(label=gettext_lazy("Kind of thing"), required=False)
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    object = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Membership.objects.select_related("user").order_by("user__display_name", "id")
        choices: dict[str, list[tuple[str, Any]]] = {
            "actor": [
                ("", _("Everybody")),
                *((str(member.user_id), member.user.name) for member in people),
                ("system", _("The product itself")),
            ],
            "subject": [
                ("", _("Everything")),
                *((name, subject.label) for name, subject in SENSITIVE.items()),
            ],
            "object_type": [
                ("", _("Everything")),
                *((kind, kind_label(kind)) for kind in list_object_types()),
            ],
        }
        choices["actor"] += _somebody_else(self.data.get("actor", ""), choices["actor"])
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        self.fields["action"].widget.attrs["placeholder"] = _("for example: refund")

    def wanted(self) -> Wanted:
        """What is asked for; a filter that cannot be understood narrows nothing and says so."""
        return Wanted.of(self.cleaned_data) if self.is_bound and self.is_valid() else Wanted()


def _somebody_else(asked: str, known: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Who is asked for by a link and no member: a program, a buyer, or somebody who has left."""
    if not asked or asked in dict(known):
        return []
    try:
        label = find_actor_label(UUID(asked))
    except ValueError:
        return []
    return [] if label is None else [(asked, label or _("Somebody whose name was erased"))]


class RetentionForm(forms.Form):
    """How long the trail is kept at hand."""

    days = forms.IntegerField(
        label=gettext_lazy("Days at hand"), min_value=LEGAL_MINIMUM_DAYS, max_value=LONGEST_DAYS
    )


def kind_label(kind: str) -> str:
    """What people call a kind of object: `orders.order` is "Order"."""
    from django.apps import apps

    try:
        name = str(apps.get_model(kind)._meta.verbose_name)
    except (LookupError, ValueError):
        name = kind
    return name[:1].upper() + name[1:]


def role_names() -> dict[str, str]:
    """What people call the roles that entries are signed with; one query. What works by itself has none."""
    return {
        **dict(Role.objects.values_list("code", "name")),
        "api_key": _("API key"),
        "platform": _("of the platform"),
        "import": _("by an import"),
    }


def reading_for(request: HttpRequest) -> Reading:
    """Values in the business's currency and time."""
    business = request.business  # type: ignore[attr-defined]
    return Reading(business.currency, business.time_zone)


@page("audit/", name="audit_trail", title=gettext_lazy("Audit trail"), permission=policies.READ)
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Newest first, fifty at a time, by the chain's own numbers: no counting however long it is."""
    form = AuditFilter(request.GET or None)
    wanted = form.wanted()
    entries = narrow(list_entries(), wanted, request.business.time_zone)  # type: ignore[attr-defined]
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        entries = entries.filter(sequence__lt=int(before))
    rows = list(entries[: PAGE + 1])
    kept = {name: value for name, value in request.GET.items() if name != "before" and value}
    older = "?" + urlencode({**kept, "before": rows[PAGE - 1].sequence}) if len(rows) > PAGE else ""
    read, roles = reading_for(request), role_names()
    context = {
        "form": form,
        "rows": [(entry, read.differences(entry), roles.get(entry.role, "")) for entry in rows[:PAGE]],
        "older_url": older,
        "is_narrowed": bool(wanted.said() or before),
        "asked": [(name, value) for name, value in wanted.said().items()],
        "may_export": request.actor.may(policies.EXPORT),  # type: ignore[attr-defined]
        "formats": [("csv", _("Table (CSV)")), ("jsonl", _("JSON lines"))],
    }
    return render_page(request, "records/audit_trail.html", context)


@page(
    "audit/<uuid:entry_id>/", name="audit_entry", title=gettext_lazy("Audit entry"), permission=policies.READ
)
def audit_entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry with all that is known of it, and what else happened to the same thing."""
    entry = list_entries().filter(pk=entry_id).first()
    if entry is None:
        raise Http404
    around: list[AuditEntry] = []
    if entry.object_id:
        same = list_entries().filter(object_type=entry.object_type, object_id=entry.object_id)
        around = list(same.exclude(pk=entry.pk)[:10])
    context = {
        "title": say_action(entry.action),
        "role": role_names().get(entry.role, ""),
        "entry": entry,
        "kind": kind_label(entry.object_type) if entry.object_type else "",
        "changes": reading_for(request).differences(entry),
        "around": around,
        "digest": bytes(entry.digest).hex(),
        "previous_digest": bytes(entry.previous_digest).hex(),
        "list_title": _("Audit trail"),
        "list_url": reverse("admin:audit_trail"),
    }
    return render_page(request, "records/audit_entry.html", context)


@page(
    "audit/export/",
    name="audit_export",
    title=gettext_lazy("Export the audit trail"),
    permission=policies.EXPORT,
)
def audit_export(request: HttpRequest) -> Any:
    """The entries that the filter leaves, as a file that is made while it is sent."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:audit_trail"))
    form = AuditFilter(request.POST)
    shape = request.POST.get("format", "csv")
    if shape not in FORMATS or not form.is_valid():
        messages.error(request, _("The export was not made: the filter cannot be understood."))
        return HttpResponseRedirect(reverse("admin:audit_trail"))
    wanted = form.wanted()
    newest = newest_sequence()
    enter_export(request.actor, what="trail", shape=shape, asked=wanted.said())  # type: ignore[attr-defined]
    business = request.business  # type: ignore[attr-defined]
    write, content_type = FORMATS[shape]
    lines = write(read_in_chunks(business.pk, wanted, business.time_zone, newest))
    answer = StreamingHttpResponse(lines, content_type=content_type)
    day = clock.today(business.time_zone)
    answer["Content-Disposition"] = f'attachment; filename="audit-{business.slug}-{day}.{shape}"'
    answer["Cache-Control"] = "no-store"
    return answer


@page(
    "audit/archives/",
    name="audit_archives",
    title=gettext_lazy("Archives of the audit trail"),
    permission=policies.READ,
)
def audit_archives(request: HttpRequest) -> HttpResponse:
    """What was moved out of the trail at hand, and after how many days that happens."""
    actor = request.actor  # type: ignore[attr-defined]
    may_keep = actor.may(policies.KEEP)
    form, status = RetentionForm(initial={"days": retention_days()}), 200
    if request.method == "POST":
        actor.require(policies.KEEP)
        form = RetentionForm(request.POST)
        if form.is_valid():
            try:
                set_retention(actor, days=form.cleaned_data["days"])
            except DomainError as error:
                form_error(form, error)
            else:
                messages.success(request, _("The time is saved. It counts from the next night on."))
                return HttpResponseRedirect(reverse("admin:audit_archives"))
        status = 400
    if not may_keep:
        form.fields["days"].disabled = True
    context = {
        "form": form,
        "archives": list(list_archives()[:200]),
        "may_keep": may_keep,
        "may_export": actor.may(policies.EXPORT),
        "least": LEGAL_MINIMUM_DAYS,
        "list_title": _("Audit trail"),
        "list_url": reverse("admin:audit_trail"),
    }
    return render_page(request, "records/archives.html", context, status=status)


@page(
    "audit/archives/<uuid:archive_id>/",
    name="audit_archive",
    title=gettext_lazy("Archive of the audit trail"),
    permission=policies.EXPORT,
)
@require_POST
def audit_archive(request: HttpRequest, archive_id: UUID) -> HttpResponse:
    """The archive's file, by an address that ends after ten minutes; taking it is entered in the trail."""
    archive = list_archives().filter(pk=archive_id).first()
    if archive is None:
        raise Http404
    name = archive.file.rpartition("/")[2]
    try:
        address = get_store().read_address(archive.file, "application/gzip", ADDRESS_GOOD_FOR, name)
    except StorageUnavailable as error:
        raise Http404 from error
    enter_export(request.actor, what=f"archive {archive}", shape="jsonl.gz", asked={})  # type: ignore[attr-defined]
    return HttpResponseRedirect(address)


nav.register(
    section="Settings",
    label=gettext_lazy("Audit trail"),
    url="admin:audit_trail",
    permission=policies.READ,
    icon="history",
    order=70,
)
