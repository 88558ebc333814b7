"""The mapping page: the file's columns with samples, our fields, what stands for the rest, and how rows belong."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.imports import services
from apps.goods.imports.bringing import BringsFiles
from apps.goods.imports.columns import Field, field_kind, fields_of, is_constant
from apps.goods.imports.kinds import find_kind
from apps.goods.imports.models import ImportJob
from apps.goods.imports.rules import SEPARATORS, Rules
from apps.goods.imports.services.mappings import find_mapping
from apps.kernel.actors import Actor
from apps.platform.backoffice.detail import Section

_S = ImportJob.State
FORMATS = {
    "classic": _("Shopify, classic headings"),
    "current": _("Shopify, current headings"),
    "woocommerce": _("WooCommerce"),
    "own": _("MoniDesk's own product file"),
    "stock": _("MoniDesk's own file of quantities"),
    "invoice_lines": _("invoice lines"),
    "other": _("other headings: choose below which is which"),
}
_RULES = ("one_per", "no_products", "category_separator", "make_skus")


class Check(BringsFiles):
    """The mapping, shown and changed, and with it the dry run."""

    name = "check"
    label = _("Match columns and check")
    template_name = "imports/mapping.html"
    submit_label = _("Check the file")
    writes_back = True

    def is_available(self, actor: Actor, obj: ImportJob) -> bool:
        can = obj.state in {_S.UPLOADED, _S.READY, _S.FINISHED, _S.CANCELLED}
        return can and obj.forgotten_at is None

    def explain(self, actor: Actor, obj: ImportJob) -> list[Any]:
        rows = obj.rows_total
        format_name = FORMATS.get(obj.format, FORMATS["other"])
        if obj.container == "xlsx":
            sentences = [
                _now("%(name)s: a workbook, %(kind)s. Its first sheet is read.")
                % {"name": obj.file_name, "kind": format_name}
            ]
        else:
            sentences = [
                ngettext(
                    "%(name)s: about %(rows)s row, %(kind)s. Letters are read as %(encoding)s.",
                    "%(name)s: about %(rows)s rows, %(kind)s. Letters are read as %(encoding)s.",
                    rows or 0,
                )
                % {
                    "name": obj.file_name,
                    "rows": f"{rows:,}",
                    "kind": format_name,
                    "encoding": obj.encoding.upper(),
                }
            ]
        if obj.encoding == "mixed":
            sentences.append(_now("Some lines are UTF-8, others Windows-1252: each is read as what it is."))
        if saved := find_mapping(obj.headings):
            sentences.append(_now("The saved mapping “%(name)s” fits this file.") % {"name": saved.name})
        return [
            *sentences,
            _now("The check reads every row and compares it with your catalogue. It changes nothing."),
        ]

    def initial(self, actor: Actor, obj: ImportJob) -> dict[str, Any]:
        saved = find_mapping(obj.headings)
        return {
            **obj.mapping,
            **{f"default_{code}": text for code, text in obj.defaults.items()},
            **Rules.read(obj.rules).stored(),
            "as_drafts": obj.as_drafts,
            "save_as": saved.name if saved else "",
        }

    def get_form(self, actor: Actor, obj: ImportJob, **kwargs: Any) -> Any:
        return MappingForm(obj, **kwargs)

    def context(self, actor: Actor, obj: ImportJob, form: Any) -> dict[str, Any]:
        used = {form[field.code].value(): field.label for field in form.own_fields}
        pairs = [form.pair(field) for field in form.own_fields]
        rows = []
        for place, heading in enumerate(obj.headings):
            if heading:
                samples = obj.samples[place] if place < len(obj.samples) else []
                rows.append([heading, " · ".join(samples), used.get(heading, _("not used"))])
        return {
            "matched": [pair for pair in pairs if pair["wanted"]],
            "unmatched": [pair for pair in pairs if not pair["wanted"]],
            "rule_fields": [form[name] for name in _RULES if name in form.fields],
            "rules_open": bool(form["one_per"].value()) if "one_per" in form.fields else False,
            "other_fields": [form[name] for name in ("as_drafts", "save_as") if name in form.fields],
            "columns": Section(
                _("Columns of the file"), columns=[_("Column"), _("In the first rows"), _("Fills")], rows=rows
            ),
        }

    def perform(self, actor: Actor, obj: ImportJob, data: dict[str, Any], key: str) -> Any:
        codes = {field.code for field in fields_of(field_kind(obj.kind))}
        defaults = {code: data[f"default_{code}"] for code in codes if f"default_{code}" in data}
        return services.check_job(
            actor,
            job_id=obj.pk,
            mapping={code: data[code] for code in codes},
            defaults=defaults,
            rules={name: data[name] for name in _RULES if name in data},
            as_drafts=data.get("as_drafts"),
            save_as=data["save_as"],
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The file is being checked. You may leave this page.")


class MappingForm(forms.Form):
    """A choice of columns for each field, a text for what is the same in all rows, and the rules."""

    def __init__(self, job: ImportJob, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = field_kind(job.kind)
        self.own_fields = fields_of(self.kind)
        headings = [(h, h) for h in job.headings if h]
        for field in self.own_fields:
            required = field.required and not is_constant(field.code, self.kind)
            self.fields[field.code] = forms.ChoiceField(
                label=field.label, choices=[("", _now("not in the file")), *headings], required=required
            )
            if is_constant(field.code, self.kind):
                self.fields[f"default_{field.code}"] = forms.CharField(
                    label=_now("%(field)s where the file says nothing") % {"field": field.label},
                    required=False,
                    max_length=255,
                )
        other = find_kind(self.kind)
        if self.kind != ImportJob.Kind.STOCK:
            self._add_rules(headings)
        for name in (*_RULES, "as_drafts") if other else ():
            if name not in other.rules:  # type: ignore[union-attr]
                del self.fields[name]
        self.fields["save_as"] = forms.CharField(
            label=_("Save this mapping as"),
            help_text=_("It is taken by itself for the next file with the same headings."),
            required=False,
            max_length=120,
        )

    def _add_rules(self, headings: list[tuple[str, str]]) -> None:
        self.fields["one_per"] = forms.ChoiceField(
            label=_("One product for each"),
            help_text=_(
                "For invoice lines and movements: all rows with the same value become one product, with their most "
                "frequent title and their last price above zero."
            ),
            choices=[("", _now("each row by itself")), *headings],
            required=False,
        )
        self.fields["no_products"] = forms.CharField(
            label=_("Codes that are no products"),
            help_text=_(
                "Separated by commas; * stands for any signs. Their rows are reported, not imported."
            ),
            widget=forms.Textarea(attrs={"rows": 2}),
            required=False,
            max_length=4000,
        )
        self.fields["category_separator"] = forms.ChoiceField(
            label=_("Between a category and the one below it stands"),
            choices=[(sign, sign) for sign in SEPARATORS],
            required=False,
        )
        self.fields["make_skus"] = forms.BooleanField(
            label=_("Make a SKU from the address for items without one"), required=False
        )
        self.fields["as_drafts"] = forms.BooleanField(label=_("Add new products as drafts"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "category_separator" in self.fields and not data.get("category_separator"):
            data["category_separator"] = ">"
        for field in self.own_fields:
            given = data.get(field.code) or data.get(f"default_{field.code}")
            if field.required and not given and field.code not in self.errors:
                self.add_error(
                    field.code, _now("Choose the column that holds it, or enter one value for all.")
                )
        return data

    def pair(self, field: Field) -> dict[str, Any]:
        """The choice of the column beside the text for all rows."""
        default = self[f"default_{field.code}"] if is_constant(field.code, self.kind) else None
        given = self[field.code].value() or (default is not None and default.value())
        return {"column": self[field.code], "default": default, "wanted": bool(given or field.required)}
