"""The forms of the library and of a garment's sheet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.goods.garments.care import GROUPS, SYMBOLS
from apps.goods.garments.models import Garment, PictureAngle, Season, SizeChart, SizeScale, Style
from apps.platform.media.models import Media
from apps.platform.media.states import MediaKind, MediaState

MOST_SHOWN = 300
_LINES = {"rows": 6}


class ScaleForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=SizeScale.Kind.choices)
    sizes = forms.CharField(
        label=_("Sizes"),
        widget=forms.Textarea(attrs=_LINES),
        help_text=_("One on each line, smallest first."),
    )


class ColourForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("As it stands among the product's options, such as Tide.")
    )
    hex = forms.CharField(
        label=_("Hex code"),
        max_length=7,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "#1B6B47"}),
    )
    media_id = forms.TypedChoiceField(
        label=_("Swatch picture"),
        coerce=UUID,
        empty_value=None,
        required=False,
        help_text=_("For patterns and melange: a picture of the library, which everybody may see then."),
    )
    names = forms.CharField(
        label=_("In other languages"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "de: Flut\nfr: Marée"}),
        help_text=_("Language and name, one on each line."),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        ready = Media.objects.filter(kind=MediaKind.IMAGE, state=MediaState.READY).order_by("-id")
        rows = [(str(pk), name) for pk, name in ready.values_list("pk", "name")[:100]]
        kept = str((kwargs.get("initial") or {}).get("media_id") or "")
        if kept and kept not in dict(rows):
            rows.insert(0, (kept, _("The present one")))  # type: ignore[arg-type]
        self.fields["media_id"].choices = [("", _("None")), *rows]  # type: ignore[attr-defined]

    def clean_names(self) -> dict[str, str]:
        found = {}
        for line in filter(None, (line.strip() for line in self.cleaned_data["names"].splitlines())):
            code, colon, name = line.partition(":")
            if not colon or not 2 <= len(code.strip()) <= 10 or not name.strip():
                raise forms.ValidationError(_("Write a language and a name, such as de: Flut."))
            found[code.strip()] = name.strip()
        return found


class SeasonForm(forms.Form):
    half = forms.ChoiceField(label=_("Season"), choices=Season.Half.choices)
    year = forms.IntegerField(label=_("Year"), min_value=1950, max_value=2100)


class StyleForm(forms.Form):
    number = forms.CharField(label=_("Style number"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=120, required=False)


class ChartForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    rows = forms.CharField(
        label=_("Chart"),
        widget=forms.Textarea(
            attrs={"rows": 9, "placeholder": "Size, EU, UK, US, JP, Chest cm\nS, 36, 8, 4, 9, 84–88"}
        ),
        help_text=_(
            "Typed or pasted from a sheet. Headings first: EU, UK, US and JP are conversions, others body measures."
        ),
    )


def _chosen(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, coerce=UUID, empty_value=None, required=False)


class GarmentForm(forms.Form):
    style_id = _chosen(_("Style"))
    season_id = _chosen(_("Season"))
    scale_id = _chosen(_("Size scale"))
    chart_id = _chosen(_("Size chart"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        models: tuple[tuple[str, Any], ...] = (
            ("style_id", Style), ("season_id", Season), ("scale_id", SizeScale), ("chart_id", SizeChart),
        )  # fmt: skip
        for name, model in models:
            rows = [(str(row.pk), str(row)) for row in model.objects.all()[:MOST_SHOWN]]
            self.fields[name].choices = [("", "–"), *rows]  # type: ignore[attr-defined]


class CompositionForm(forms.Form):
    composition = forms.CharField(
        label=_("Composition"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "Shell: 95 % Cotton, 5 % Elastane"}),
        help_text=_("A line for each part, such as shell, lining, ribs. Each part comes to 100 %."),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for group, label in GROUPS.items():
            rows = [(care.code, care.words) for care in SYMBOLS.values() if care.group == group]
            if group == "dry":
                widget = forms.CheckboxSelectMultiple
                self.fields[group] = forms.MultipleChoiceField(
                    label=label, choices=rows, required=False, widget=widget
                )
            else:
                self.fields[group] = forms.ChoiceField(
                    label=label, choices=[("", _("Not said")), *rows], required=False
                )

    def care(self) -> list[str]:
        """The symbols that were chosen."""
        found: list[str] = []
        for group in GROUPS:
            given = self.cleaned_data[group]
            found += given if isinstance(given, list) else [given] if given else []
        return found


class PointsForm(forms.Form):
    unit = forms.ChoiceField(label=_("Measured in"), choices=Garment.Unit.choices)
    points = forms.CharField(
        label=_("Points of measure"),
        widget=forms.Textarea(
            attrs={"rows": 9, "placeholder": "Point, ±, S, M, L\nChest width, 1, 50, 52, 54"}
        ),
        help_text=_(
            "Typed or pasted from a sheet. Headings first; a line for each point with its tolerance."
        ),
    )


class SampleForm(forms.Form):
    """A size and what was measured at each point."""

    size = forms.ChoiceField(label=_("Size"))
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(self, garment: Garment, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.points = list(garment.points(manager="objects").order_by("position"))  # type: ignore[operator]
        sizes = garment.measured_sizes
        self.fields["size"].choices = [(size, size) for size in sizes]  # type: ignore[attr-defined]
        for point in self.points:
            field = forms.CharField(label=point.name, required=False, max_length=12)
            field.widget.attrs["inputmode"] = "decimal"
            asked = ", ".join(f"{size} {point.values[size]}" for size in sizes if size in point.values)
            field.help_text = f"± {point.tolerance.normalize():f} {garment.unit} · {asked}"
            self.fields[f"point_{point.pk}"] = field
        self.order_fields(["size", *(f"point_{point.pk}" for point in self.points), "note"])

    def measured(self) -> dict[str, str]:
        """What was measured, by the points' names."""
        return {point.name: self.cleaned_data[f"point_{point.pk}"] for point in self.points}


class AnglesForm(forms.Form):
    def __init__(self, images: list[Any], known: dict[UUID, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.images = images
        for number, image in enumerate(images, 1):
            self.fields[f"angle_{image.pk}"] = forms.ChoiceField(
                label=f"{number}. {image.alt}" if image.alt else _("Picture %(number)s") % {"number": number},
                choices=[("", _("Not said")), *PictureAngle.Angle.choices],
                required=False,
                initial=known.get(image.pk, ""),
            )

    def angles(self) -> dict[UUID, str]:
        """The angle of each picture."""
        return {image.pk: self.cleaned_data[f"angle_{image.pk}"] for image in self.images}
