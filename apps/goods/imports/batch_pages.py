"""Bulk changes in the back office: what an import or a bulk edit did, and taking it back; saved mappings."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.imports import services
from apps.goods.imports.models import Batch, BatchChange, ImportJob, SavedMapping
from apps.goods.imports.restoring import field_label, foresee
from apps.goods.imports.selectors import list_changes
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    moment_column,
    number_column,
    state_column,
    text_column,
    who_column,
)
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.verbs import Verb

MOST_NAMED = 100


class Undo(Verb):
    """Shows what an undo does and what it leaves, then does it."""

    name = "undo"
    label = _("Undo")
    permission = "imports.undo"
    dangerous = True
    template_name = "imports/undo.html"
    submit_label = _("Undo all of it")

    def batch(self, obj: Any) -> Batch | None:
        return obj if isinstance(obj, Batch) else obj.batch

    def is_available(self, actor: Actor, obj: Any) -> bool:
        batch = self.batch(obj)
        return batch is not None and batch.state == Batch.State.DONE and batch.change_count > 0

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        batch = self.batch(obj)
        number = batch.change_count if batch is not None else 0
        return [
            ngettext("%(n)s change is taken back.", "%(n)s changes are taken back.", number) % {"n": number},
            _now("What it added is deleted, what it changed gets its former values, stock is adjusted back."),
            _now("What somebody changed since stays as it is and is named."),
        ]

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        batch = self.batch(obj)
        left = foresee(batch) if batch is not None else []
        return {
            "left": Section(
                _("What stays or is archived"),
                columns=[_("Thing"), _("Why")],
                rows=[[one.label, one.reason] for one in left[:MOST_NAMED]],
                empty=_("Nothing: all of it can be taken back."),
            ),
            "more": max(0, len(left) - MOST_NAMED),
        }

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        batch = self.batch(obj)
        assert batch is not None  # noqa: S101  (is_available)
        return services.undo_batch(actor, batch_id=batch.pk)

    def success(self, obj: Any, result: Batch) -> Any:
        if result.state == Batch.State.UNDOING:
            return _now("It is being undone. You may leave this page.")
        facts = {"undone": result.undone_count, "kept": result.kept_count}
        return _now("Undone: %(undone)s changes taken back, %(kept)s left.") % facts

    def success_url(self, obj: Any, result: Batch) -> str | None:
        return batch_url(result)


class UndoImport(Undo):
    """The same from the page of the import."""

    label = _("Undo this import")

    def is_available(self, actor: Actor, obj: ImportJob) -> bool:
        return obj.state in {"finished", "cancelled", "failed"} and super().is_available(actor, obj)


class Apply(Verb):
    """Does what the preview on the page shows."""

    name = "apply"
    label = _("Apply these changes")
    permission = "imports.edit"

    def is_available(self, actor: Actor, obj: Batch) -> bool:
        return obj.state == Batch.State.PREVIEW

    def explain(self, actor: Actor, obj: Batch) -> list[Any]:
        return [
            ngettext("%(n)s change is made.", "%(n)s changes are made, all or none.", obj.change_count)
            % {"n": obj.change_count},
            _now("Rows that somebody changed since this preview stay as they are and are named."),
            _now("It can be undone afterwards, as a whole."),
        ]

    def perform(self, actor: Actor, obj: Batch, data: dict[str, Any], key: str) -> Any:
        return services.apply_edit(actor, batch_id=obj.pk)

    def success(self, obj: Any, result: Batch) -> Any:
        if result.kept_count:
            facts = {"done": result.change_count - result.kept_count, "kept": result.kept_count}
            return _now("%(done)s changes made, %(kept)s left because somebody was faster.") % facts
        return _now("%(done)s changes made.") % {"done": result.change_count}


class Discard(Verb):
    name = "discard"
    label = _("Discard this preview")
    permission = "imports.edit"
    dangerous = True

    def is_available(self, actor: Actor, obj: Batch) -> bool:
        return obj.state == Batch.State.PREVIEW

    def explain(self, actor: Actor, obj: Batch) -> list[Any]:
        return [_now("Nothing was changed yet; the preview is forgotten.")]

    def perform(self, actor: Actor, obj: Batch, data: dict[str, Any], key: str) -> Any:
        return services.discard_edit(actor, batch_id=obj.pk)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:imports_batch_changelist")


def batch_url(batch: Batch) -> str:
    """The page of a bulk change."""
    return reverse("admin:imports_batch_change", args=[batch.pk])


def undo_facts(job: ImportJob) -> list[Fact]:
    """What became of an import's changes, for its page."""
    if job.batch is None or job.is_dry_run:
        return []
    return [
        Fact(
            _("Changes"),
            f"{job.batch.change_count}, {job.batch.get_state_display()}",
            url=batch_url(job.batch),
        )
    ]


@register(Batch)
class BatchAdmin(TenantModelAdmin):
    """What was changed in bulk, newest first; the page of one lists its changes and takes them back."""

    read_permission = "imports.read"
    list_display = [
        "label",
        text_column("get_kind_display", description=_("Kind")),
        state_column("state", description=_("State")),
        number_column("change_count", description=_("Changes")),
        number_column("kept_count", description=_("Left")),
        who_column(),
        moment_column("created_at", description=_("When")),
    ]
    list_filter = ["kind", "state"]
    search_fields = ["label__icontains"]
    search_help_text = _("File or kind of change")
    ordering = ["-id"]
    verbs = [Apply, Undo, Discard]
    empty_title = _("Nothing was changed in bulk yet")
    empty_text = _("Imports and bulk edits stand here with everything they changed, and can be undone.")

    def facts(self, actor: Actor, obj: Batch) -> list[Fact]:
        facts = [
            Fact(_("Kind"), obj.get_kind_display()),
            Fact(_("Changes"), obj.change_count),
            Fact(_("By"), say_who(obj.actor_label)),
        ]
        if obj.state in (Batch.State.UNDOING, Batch.State.UNDONE):
            facts += [
                Fact(_("Taken back"), obj.undone_count),
                Fact(_("Left"), obj.kept_count),
                Fact(_("Undone by"), say_who(obj.undone_by_label)),
            ]
        return facts

    def sections(self, actor: Actor, obj: Batch) -> list[Section]:
        changes = list_changes(obj)
        sections = [
            Section(
                _("Changes"),
                columns=[_("Thing"), _("What"), _("Before"), _("After"), _("Undo")],
                rows=[_row(change, actor.may(SEES_COSTS)) for change in changes],
                empty=_("Nothing was changed."),
            )
        ]
        if obj.kept_count:
            left = list_changes(obj, only_left=True)
            rows = [[change.label, change.get_outcome_display(), change.reason] for change in left]
            sections.insert(
                0, Section(_("Left as it was"), columns=[_("Thing"), _("What"), _("Why")], rows=rows)
            )
        return sections


def _row(change: BatchChange, with_costs: bool) -> list[Any]:
    if change.kind == BatchChange.Kind.STOCK:
        was = change.after.get("was")
        before = "" if was is None else str(was)
        after = f"{change.after['delta']:+}" if was is None else str(was + change.after["delta"])
    else:
        before, after = (_said(values, with_costs) for values in (change.before, change.after))
    return [change.label, change.get_kind_display(), before, after, change.get_outcome_display()]


def _said(values: dict[str, Any], with_costs: bool) -> str:
    told = {name: value for name, value in values.items() if name != "cost" or with_costs}
    return "; ".join(f"{field_label(name)}: {_short(value)}" for name, value in told.items())


def _short(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, list) else "–" if value in (None, "") else str(value)
    return f"{text[:80]}…" if len(text) > 80 else text


class ForgetMapping(Verb):
    name = "delete"
    label = _("Forget this mapping")
    permission = "imports.run"
    dangerous = True

    def explain(self, actor: Actor, obj: SavedMapping) -> list[Any]:
        return [_now("It is no longer taken for new files. Imports that used it are not touched.")]

    def perform(self, actor: Actor, obj: SavedMapping, data: dict[str, Any], key: str) -> Any:
        return services.delete_mapping(actor, mapping_id=obj.pk)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:imports_savedmapping_changelist")


@register(SavedMapping)
class SavedMappingAdmin(TenantModelAdmin):
    """Mappings that are taken by themselves for files with the same headings."""

    read_permission = "imports.read"
    list_display = [
        "name",
        text_column("get_kind_display", description=_("Brings")),
        moment_column("updated_at", description=_("Saved")),
    ]
    ordering = ["name", "id"]
    verbs = [ForgetMapping]
    empty_title = _("No saved mappings yet")
    empty_text = _("Give a mapping a name on the page where columns are matched.")

    def sections(self, actor: Actor, obj: SavedMapping) -> list[Section]:
        rows = [[heading, code] for code, heading in obj.mapping.items()]
        fixed = [[code, text] for code, text in obj.defaults.items()]
        return [
            Section(_("Columns"), columns=[_("Column"), _("Fills")], rows=rows, empty=_("None.")),
            *([Section(_("Same in all rows"), columns=[_("Field"), _("Text")], rows=fixed)] if fixed else []),
        ]


nav.register(
    section="Catalogue",
    label=_("Bulk changes"),
    url="admin:imports_batch_changelist",
    under="admin:imports_importjob_changelist",
    permission="imports.read",
    icon="history",
    order=51,
)
nav.register(
    section="Catalogue",
    label=_("Saved mappings"),
    url="admin:imports_savedmapping_changelist",
    under="admin:imports_importjob_changelist",
    permission="imports.read",
    icon="rule",
    order=52,
)
