"""Imports in the back office: upload, mapping, dry run, run with progress, report."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.imports import edit_page, export_page, services  # noqa: F401
from apps.goods.imports.batch_pages import UndoImport, undo_facts
from apps.goods.imports.bringing import BringsFiles
from apps.goods.imports.kinds import RUN, find_kind, kinds_for
from apps.goods.imports.mapping_page import Check
from apps.goods.imports.models import LONGEST_DAYS, ImportJob
from apps.goods.imports.selectors import file_days, get_job, list_errors, write_rejected_rows
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    format_state,
    moment_column,
    number_column,
    state_column,
)
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.pages import page
from apps.platform.backoffice.verbs import Verb, verb_url
from apps.platform.media.panel import CarriesFiles
from apps.platform.privacy.policies import ERASE

_S = ImportJob.State
_KINDS = {"created": ("good", _("New")), "updated": ("info", _("Changed")), "unchanged": ("", _("Unchanged")),
          "rejected": ("bad", _("Rejected"))}  # fmt: skip


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "A CSV file or an Excel workbook (.xlsx) with headings, also packed as .gz or .xz. Up to 100 MB. Files of "
            "Shopify, WooCommerce and MoniDesk are recognised; of any other you say which column is which."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.gz,.xz,text/csv"}),
    )
    kind = forms.ChoiceField(
        label=_("What is in it"),
        required=False,
        choices=[("", _("Found out from the headings")), *ImportJob.Kind.choices],
    )
    as_drafts = forms.BooleanField(
        label=_("Add new products as drafts"),
        required=False,
        help_text=_("Otherwise the file decides which are shown in the store."),
    )

    def __init__(self, actor: Actor, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not actor.may(RUN):
            own = kinds_for(actor)
            kind: Any = self.fields["kind"]
            kind.required = True
            kind.choices = [pair for pair in ImportJob.Kind.choices if pair[0] in own]
            del self.fields["as_drafts"]


class KeepForm(forms.Form):
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=LONGEST_DAYS)


class Upload(BringsFiles):
    name = "upload"
    label = _("Import products")
    submit_label = _("Upload the file")

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> UploadForm:
        return UploadForm(actor, **kwargs)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Nothing is imported yet: you see first what the file would change.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        file = data["file"]
        return services.upload_file(
            actor,
            file=file,
            name=file.name,
            size=file.size,
            as_drafts=data.get("as_drafts", False),
            kind=data["kind"],
        )

    def success(self, obj: Any, result: ImportJob) -> Any:
        return _now("%(name)s was uploaded.") % {"name": result.file_name}

    def success_url(self, obj: Any, result: ImportJob) -> str | None:
        return verb_url(result, "check")


class Run(BringsFiles):
    name = "run"
    label = _("Import")

    def is_available(self, actor: Actor, obj: ImportJob) -> bool:
        return (
            obj.state == _S.READY
            and obj.forgotten_at is None
            and bool(obj.created_count or obj.updated_count)
        )

    def explain(self, actor: Actor, obj: ImportJob) -> list[Any]:
        if other := find_kind(obj.kind):
            return [*other.explain(obj), _now("The import can be undone afterwards, as a whole.")]
        sentences = [
            ngettext("%(n)s product is added.", "%(n)s products are added.", obj.created_count)
            % {"n": obj.created_count},
            ngettext("%(n)s product is changed.", "%(n)s products are changed.", obj.updated_count)
            % {"n": obj.updated_count},
        ]
        if obj.rejected_count:
            text = ngettext("%(n)s product is left out.", "%(n)s products are left out.", obj.rejected_count)
            sentences.append(text % {"n": obj.rejected_count})
        if obj.kind != ImportJob.Kind.STOCK:
            sentences.append(_now("Quantities of new products are received into the default location."))
        return [*sentences, _now("The import can be undone afterwards, as a whole.")]

    def submit(self, actor: Actor, obj: ImportJob) -> Any:
        if other := find_kind(obj.kind):
            return other.submit(obj)
        count = obj.created_count + obj.updated_count
        return ngettext("Import %(n)s product", "Import %(n)s products", count) % {"n": count}

    def perform(self, actor: Actor, obj: ImportJob, data: dict[str, Any], key: str) -> Any:
        return services.run_job(actor, job_id=obj.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The import is under way. You may leave this page.")


class Cancel(BringsFiles):
    name = "cancel"
    label = _("Stop this import")
    dangerous = True

    def is_available(self, actor: Actor, obj: ImportJob) -> bool:
        return (
            obj.state in {_S.UPLOADED, _S.PREVIEWING, _S.READY, _S.RUNNING}
            and obj.cancel_requested_at is None
        )

    def explain(self, actor: Actor, obj: ImportJob) -> list[Any]:
        return [_now("No further product is imported. What is imported by then stays.")]

    def perform(self, actor: Actor, obj: ImportJob, data: dict[str, Any], key: str) -> Any:
        return services.cancel_job(actor, job_id=obj.pk)


class KeepFiles(Verb):
    name = "keep"
    label = _("How long files are kept")
    permission = ERASE
    form_class = KeepForm
    submit_label = _("Save the days")
    writes_back = True

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now(
                "Uploaded files, what they showed and the rows that were not imported are deleted after this."
            ),
            _now("What was imported stays, and so does the count of rows. An import can still be undone."),
        ]

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"days": file_days()}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.set_file_retention(actor, days=data["days"])


@register(ImportJob)
class ImportJobAdmin(CarriesFiles, TenantModelAdmin):
    """Imports, newest first; the page of one is its preview, its progress and its report."""

    read_permission = "imports.read"
    attach_permission = "imports.run"
    list_display = [
        "file_name",
        state_column("state", description=_("State")),
        number_column("created_count", description=_("New")),
        number_column("updated_count", description=_("Changed")),
        number_column("unchanged_count", description=_("Unchanged")),
        number_column("rejected_count", description=_("Rejected")),
        moment_column("created_at", description=_("Uploaded")),
    ]
    list_filter = ["kind"]
    search_fields = ["file_name__icontains"]
    search_help_text = _("Name of the file")
    ordering = ["-id"]
    detail_template = "imports/job.html"
    verbs = [Run, Check, UndoImport, Cancel]
    list_verbs = [Upload, KeepFiles]
    empty_title = _("No imports yet")
    empty_text = _(
        "Bring products or stock quantities in from any CSV file or workbook. You see first what would change."
    )
    empty_verb = "upload"

    def facts(self, actor: Actor, obj: ImportJob) -> list[Fact]:
        if obj.state == _S.UPLOADED:
            return [
                Fact(_("File"), obj.file_name),
                Fact(_("Next"), _("Match the columns, then check the file.")),
            ]
        would = obj.is_dry_run
        return [
            Fact(_("Would be new") if would else _("New"), obj.created_count),
            Fact(_("Would change") if would else _("Changed"), obj.updated_count),
            Fact(_("Unchanged"), obj.unchanged_count),
            Fact(_("Rejected"), obj.rejected_count),
            Fact(
                _("Rows"),
                _now("%(all)s = %(accepted)s accepted + %(reported)s reported")
                % {
                    "all": f"{obj.rows_done:,}",
                    "accepted": f"{obj.rows_accepted:,}",
                    "reported": f"{obj.rows_reported:,}",
                },
            ),
            *([] if find_kind(obj.kind) else [_new_products(obj)]),
            *_gone(obj),
            *undo_facts(obj),
        ]

    def sections(self, actor: Actor, obj: ImportJob) -> list[Section]:
        found = []
        if obj.reasons:
            found.append(_reasons(obj))
        if obj.rejected_count or (obj.reasons and obj.rows_reported):
            found.append(_errors(obj))
        if obj.sample:
            found.append(_sample(obj))
        return found

    def render_detail(self, request: HttpRequest, obj: Any, extra: dict[str, Any]) -> HttpResponse:
        return super().render_detail(request, obj, {**_progress(obj), **extra})


@page(
    "imports/<uuid:job_id>/progress/", name="imports_progress", title=_("Import"), permission="imports.read"
)
def progress(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The progress bar, asked for every second while it moves; when it stands still the page is read again."""
    job = get_job(job_id)
    response = render(request, "imports/progress.html", {"object": job, **_progress(job)})
    if not job.in_progress:
        response["HX-Refresh"] = "true"
    return response


@page(
    "imports/<uuid:job_id>/rejected/",
    name="imports_rejected",
    title=_("Rejected rows"),
    permission="imports.read",
)
def rejected_rows(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The rejected rows as a file to be mended and sent again."""
    job = get_job(job_id)
    name = f"rejected-{job.created_at:%Y-%m-%d}.csv"
    file = write_rejected_rows(job)
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")  # type: ignore[return-value]


def _progress(job: ImportJob) -> dict[str, Any]:
    return {"progress_url": reverse("admin:imports_progress", args=[job.pk]), "percent": job.percent}


def _gone(job: ImportJob) -> list[Fact]:
    if job.forgotten_at is None:
        return []
    return [Fact(_("File and refused rows"), _now("deleted"), format_moment(job.forgotten_at))]


def _new_products(job: ImportJob) -> Fact:
    return Fact(_("New products as"), _("drafts") if job.as_drafts else _("the file says"))


def _reasons(job: ImportJob) -> Section:
    """Every row by what it is; the last row is the sum over the file."""
    kind = find_kind(job.kind)
    rows = [
        [
            kind.reason_label(reason) if kind else reason,
            f"{one['rows']:,}",
            format_amount(Decimal(one["amount"])),
        ]
        for reason, one in sorted(job.reasons.items(), key=lambda item: -item[1]["rows"])
    ]
    total = sum((Decimal(one["amount"]) for one in job.reasons.values()), Decimal(0))
    return Section(
        _("Every row by what it is"),
        columns=[_("What"), _("Rows"), _("Amount")],
        rows=rows,
        align={1: "end", 2: "end"},
        footer=[
            [_("Together"), f"{sum(one['rows'] for one in job.reasons.values()):,}", format_amount(total)]
        ],
    )


def _errors(job: ImportJob) -> Section:
    errors = list_errors(job)
    return Section(
        _("What was wrong"),
        columns=[_("Row"), _("Column"), _("Product"), _("Value"), _("What to do")],
        rows=[[error.row, error.column, error.handle, error.value, error.message] for error in errors],
        align={0: "end"},
        url=reverse("admin:imports_rejected", args=[job.pk]),
    )


def _sample(job: ImportJob) -> Section:
    rows = []
    for row in job.sample if not find_kind(job.kind) else ():
        tone, label = _KINDS[row["kind"]]
        rows.append(
            [row["row"], row["title"] or row["handle"], format_state(row["kind"], label, tone), row["variants"],
             row["units"], row["price"]]
        )  # fmt: skip
    if find_kind(job.kind):
        return _first_invoices(job)
    return Section(
        _("The first products"),
        columns=[_("Row"), _("Product"), _("What happens"), _("Variants"), _("Units"), _("Price")],
        rows=rows,
        align={0: "end", 3: "end", 4: "end", 5: "end"},
    )


def _first_invoices(job: ImportJob) -> Section:
    rows = []
    for row in job.sample:
        tone, label = _KINDS[row["kind"]]
        rows.append(
            [row["row"], row["title"], format_state(row["kind"], label, tone), row["units"], row["price"]]
        )
    return Section(
        _("The first papers"),
        columns=[_("Row"), _("Paper"), _("What happens"), _("Lines"), _("Amount")],
        rows=rows,
        align={0: "end", 3: "end", 4: "end"},
    )


nav.register(section="Catalogue", label=_("Imports"), url="admin:imports_importjob_changelist",
             permission="imports.read", icon="upload_file", order=50)  # fmt: skip
