"""Forms of the licensed trade and of certificates. They read what was typed; the services decide about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.coa import LABELS
from apps.goods.catalog.models import Certificate, CertificateResult, LicensedTrade, Product
from apps.goods.catalog.models.products import ContentUnit
from apps.goods.catalog.services.certificates import LOOK_TWICE, ResultDraft

MOST_PRODUCTS = 500
SPARE_LINES = 3
ACCEPTED = "application/pdf,image/jpeg,image/png,image/webp"


class LinesField(forms.CharField):
    """Words, one a line."""

    widget = forms.Textarea(attrs={"rows": 5})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class LicensedTradeForm(forms.Form):
    is_on = forms.BooleanField(
        label=_("We sell licensed goods (cannabis)"),
        required=False,
        help_text=_("Products then have strain, classification, THC and CBD, in the store's filters too."),
    )
    classifications = LinesField(
        label=_("Classifications"), required=False, help_text=_("One a line, in the order of your lists.")
    )


class ContentField(forms.DecimalField):
    """Per cent or milligrams, with two places; the service knows how many there may be."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"min_value": 0, "max_value": 100_000, "decimal_places": 2, "required": False, **kwargs}
        )


class LicensedForm(forms.Form):
    """What is said of a licensed product."""

    strain = forms.CharField(label=_("Strain"), max_length=120, required=False)
    classification = forms.ChoiceField(label=_("Classification"), required=False)
    thc_min = ContentField(label=_("THC from"), help_text=_("One of the two is enough when it is no range."))
    thc_max = ContentField(label=_("THC to"))
    thc_unit = forms.ChoiceField(
        label=_("THC in"),
        choices=ContentUnit.choices,
        required=False,
        help_text=_("Milligrams: in one piece, as edibles and oils are labelled."),
    )
    cbd_min = ContentField(label=_("CBD from"))
    cbd_max = ContentField(label=_("CBD to"))
    cbd_unit = forms.ChoiceField(label=_("CBD in"), choices=ContentUnit.choices, required=False)

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        trade = LicensedTrade.objects.first()
        words = [*(trade.classifications if trade else []), product.classification]
        field = self.fields["classification"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [("", _("None")), *((word, word) for word in dict.fromkeys(words) if word)]


class UploadCertificateForm(forms.Form):
    product_id = forms.ChoiceField(
        label=_("Product"), error_messages={"required": _("Choose the product it is about.")}
    )
    lot_code = forms.CharField(
        label=_("Lot"), max_length=80, required=False, help_text=_("Empty: as it stands in the file.")
    )
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text=_("A PDF or a picture. It is read by itself; you look at what was read before it counts."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Product.objects.exclude(status=Product.Status.ARCHIVED).order_by("title", "id")
        choices = [(str(pk), title) for pk, title in rows.values_list("pk", "title")[:MOST_PRODUCTS]]
        field = self.fields["product_id"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [("", _("Choose a product")), *choices]


class ReviewForm(forms.Form):
    """What was read, to be compared with the file and put right."""

    lab = forms.CharField(label=_("Laboratory"), max_length=160, required=False)
    lot_code = forms.CharField(label=_("Lot"), max_length=80, required=False)
    issued_on = forms.DateField(
        label=_("Issued on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    VERDICTS = (("", "–"), ("yes", _("Passed")), ("no", _("Not passed")))

    def __init__(self, *args: Any, certificate: Certificate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows: list[Any] = list(certificate.results.order_by("position", "id"))
        missing = [name for name in LABELS.values() if name not in {row.analyte for row in rows}]
        rows += [CertificateResult(analyte=name, unit="%") for name in missing[:SPARE_LINES]]
        rows += [CertificateResult() for _spare in range(SPARE_LINES)]
        self.count = len(rows)
        self._rows = rows
        for number, row in enumerate(rows):
            self._add_line(number, row)

    def _add_line(self, number: int, row: CertificateResult) -> None:
        verdict = {True: "yes", False: "no", None: ""}[row.passed]
        known = row.value is not None
        name = row.analyte or _now("another one")

        def named(text: Any) -> dict[str, Any]:
            return {"aria-label": f"{text}: {name}"}

        self.fields[f"n{number}_analyte"] = forms.CharField(
            label=_("Test"), max_length=80, required=False, initial=row.analyte,
            widget=forms.TextInput(attrs=named(_now("Test"))),
        )  # fmt: skip
        self.fields[f"n{number}_value"] = forms.DecimalField(
            label=_("Value"), required=False, min_value=0, decimal_places=4,
            initial=f"{row.value.normalize():f}" if known and row.value is not None else None,
            widget=forms.TextInput(attrs={**named(_now("Value")), "inputmode": "decimal"}),
        )  # fmt: skip
        self.fields[f"n{number}_unit"] = forms.CharField(
            label=_("Unit"), max_length=16, required=False, initial=row.unit or "%",
            widget=forms.TextInput(attrs=named(_now("Unit"))),
        )  # fmt: skip
        self.fields[f"n{number}_passed"] = forms.ChoiceField(
            label=_("Verdict"), required=False, choices=self.VERDICTS, initial=verdict,
            widget=forms.Select(attrs=named(_now("Verdict"))),
        )  # fmt: skip

    def lines(self) -> Iterator[dict[str, Any]]:
        """The rows of the table: four fields, the line of the file, whether it needs a second look."""
        for number, row in enumerate(self._rows):
            yield {
                "fields": [self[f"n{number}_{name}"] for name in ("analyte", "value", "unit", "passed")],
                "line": row.line,
                "confidence": row.confidence if row.pk and row.line else None,
                "unsure": bool(row.line) and row.confidence < LOOK_TWICE,
            }

    def results(self) -> list[ResultDraft]:
        """The lines that say something."""
        data, found = self.cleaned_data, []
        for number in range(self.count):
            value, verdict = data.get(f"n{number}_value"), data.get(f"n{number}_passed", "")
            if value is None and not verdict:
                continue
            passed = {"yes": True, "no": False}.get(verdict)
            unit = data[f"n{number}_unit"] if value is not None else ""
            found.append(ResultDraft(data[f"n{number}_analyte"], value, unit, passed))
        return found


class ApproveForm(forms.Form):
    is_public = forms.BooleanField(
        label=_("Show it on the product's page"),
        required=False,
        initial=True,
        help_text=_("Customers read the results and may download the file."),
    )
    take_over = forms.BooleanField(
        label=_("Take THC and CBD over"), required=False, initial=True,
        help_text=_("The product then says what the paper says."),
    )  # fmt: skip


class RejectForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
