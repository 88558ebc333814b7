"""The forms: of a field, and of a record's values made of its fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.platform.fields.drafts import FieldDraft
from apps.platform.fields.kinds import get_kind, list_kinds
from apps.platform.fields.models import CustomField, FieldType
from apps.platform.fields.reading import LONGEST, Unfit, read_value

_DAY = {"type": "date"}


class FieldForm(forms.Form):
    """What is asked. Which of the lower inputs count depends on the type; the service says what does not fit."""

    label = forms.CharField(label=_("Label"), max_length=80)
    type = forms.ChoiceField(label=_("Type"), choices=FieldType.choices)
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For lists: what can be chosen, one on each line."),
    )
    help_text = forms.CharField(
        label=_("Help"), max_length=200, required=False, help_text=_("One sentence under the label.")
    )
    required = forms.BooleanField(label=_("Must be filled in"), required=False)
    unique = forms.BooleanField(label=_("No two records may have the same"), required=False)
    minimum = forms.CharField(
        label=_("At least"),
        max_length=30,
        required=False,
        help_text=_("The smallest number, the first day as 2026-01-31, or the fewest letters of a text."),
    )
    maximum = forms.CharField(label=_("At most"), max_length=30, required=False)
    default = forms.CharField(
        label=_("Filled in at first with"),
        max_length=500,
        required=False,
        help_text=_("Several choices on a line each; yes or no in words."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    position = forms.IntegerField(
        label=_("Position"), min_value=0, max_value=10_000, required=False, help_text=_("Empty: at the end.")
    )
    in_list = forms.BooleanField(label=_("Column in the list"), required=False)
    filterable = forms.BooleanField(label=_("Filter of the list and of the API"), required=False)
    on_documents = forms.BooleanField(label=_("On papers"), required=False)
    in_store = forms.BooleanField(label=_("Shown on the store's page"), required=False)

    def __init__(self, *args: Any, record_type: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if record_type:
            kind = get_kind(record_type)
            if not kind.on_documents:
                del self.fields["on_documents"]
            if not kind.in_store:
                del self.fields["in_store"]

    def draft(self) -> FieldDraft:
        """What was typed, as the service takes it."""
        data = {name: value for name, value in self.cleaned_data.items() if name in FieldDraft.__slots__}
        data["choices"] = [line.strip() for line in data["choices"].splitlines() if line.strip()]
        if data["type"] == FieldType.CHOICES:
            data["default"] = [line.strip() for line in data["default"].splitlines() if line.strip()]
        return FieldDraft(**data)


class AddFieldForm(FieldForm):
    record_type = forms.ChoiceField(label=_("Asked of"))
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        required=False,
        help_text=_("How programs call it. Empty: made of the label. It cannot be changed later."),
    )

    field_order = ["record_type", "label", "type", "choices"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["record_type"].choices = [(kind.name, kind.label) for kind in list_kinds()]  # type: ignore[attr-defined]


class DeleteFieldForm(forms.Form):
    confirmed = forms.BooleanField(label=_("The values may be lost for good"), required=False)


class ValuesForm(forms.Form):
    """One input for each field. The service checks again; here the browser gets the right keyboard and the limits."""

    def __init__(self, fields: list[tuple[CustomField, Any]], *, is_new: bool = False, **kwargs: Any) -> None:
        kwargs["initial"] = {
            field.code: field.default if is_new and value is None else value for field, value in fields
        }
        super().__init__(**kwargs)
        self._asked = {field.code: field for field, _value in fields}
        for field, _value in fields:
            self.fields[field.code] = input_for(field)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for code, given in list(cleaned.items()):
            try:
                cleaned[code] = read_value(self._asked[code], given)
            except Unfit as unfit:
                self.add_error(code, str(unfit))
        return cleaned


def input_for(field: CustomField) -> forms.Field:
    """The input of one field; empty answers reach the service as None."""
    said: dict[str, Any] = {
        "label": field.label,
        "help_text": field.help_text,
        "required": field.required,
    }
    kind = FieldType(field.type)
    limits = {name: value for name, value in (("min", field.minimum), ("max", field.maximum)) if value}
    if kind == FieldType.YES_NO:
        choices = [("", _now("Not said")), ("true", _now("Yes")), ("false", _now("No"))]
        return _YesNo(choices=choices, **said)
    if kind == FieldType.CHOICE:
        listed = [(choice, choice) for choice in field.choices]
        return forms.ChoiceField(choices=[("", "–"), *listed], **said)
    if kind == FieldType.CHOICES:
        listed = [(choice, choice) for choice in field.choices]
        return forms.MultipleChoiceField(choices=listed, widget=forms.CheckboxSelectMultiple, **said)
    if kind == FieldType.DATE:
        return forms.CharField(widget=forms.DateInput(attrs={**_DAY, **limits}), **said)
    if kind == FieldType.WHOLE:
        return forms.CharField(widget=forms.NumberInput(attrs={"step": "1", **limits}), **said)
    if kind in {FieldType.DECIMAL, FieldType.MONEY}:
        return forms.CharField(widget=forms.NumberInput(attrs={"step": "any", **limits}), **said)
    if kind == FieldType.LONG_TEXT:
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), max_length=LONGEST[kind], **said)
    if kind == FieldType.URL:
        return forms.CharField(
            widget=forms.URLInput(attrs={"placeholder": "https://"}), max_length=500, **said
        )
    if kind == FieldType.EMAIL:
        return forms.CharField(widget=forms.EmailInput(), max_length=254, **said)
    return forms.CharField(max_length=int(field.maximum or LONGEST[kind]), **said)


class _YesNo(forms.ChoiceField):
    """Yes, no, or not said: a tick box could not tell the last two apart."""

    def prepare_value(self, value: Any) -> Any:
        return {True: "true", False: "false"}.get(value, value)
