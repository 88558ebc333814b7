"""What staff type about companies and their payments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from apps.kernel.money import format_money
from apps.platform.businesses.selectors import list_colleagues

from .models import Receivable, Settlement

_AMOUNT: dict[str, Any] = {"max_digits": 20, "decimal_places": 4, "min_value": Decimal(0)}


class CompanyForm(forms.Form):
    """What is known of a company; terms and limit only for who may give credit."""

    name = forms.CharField(label=_("Name"), max_length=120)
    tax_number = forms.CharField(label=_("Tax number"), max_length=40, required=False)
    email = forms.EmailField(
        label=_("E-mail for invoices"),
        required=False,
        help_text=_("Reminders go there, else to who ordered."),
    )
    line1 = forms.CharField(label=_("Address"), max_length=120, required=False)
    line2 = forms.CharField(label=_("Address, second line"), max_length=120, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=80, required=False)
    region = forms.CharField(label=_("Region"), max_length=80, required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    terms_days = forms.IntegerField(
        label=_("Days to pay"), min_value=0, max_value=365, required=False,
        help_text=_("After the invoice, for example 30. Empty: the company pays in advance."),
    )  # fmt: skip
    credit_limit = forms.DecimalField(
        label=_("Credit limit"), required=False, **_AMOUNT,
        help_text=_("For all it owes and has on order. An order above it waits for approval."),
    )  # fmt: skip
    least_order = forms.DecimalField(label=_("Smallest order on account"), required=False, **_AMOUNT)
    po_required = forms.BooleanField(
        label=_("Every order names the company's own order number"), required=False
    )
    rep_id = forms.TypedChoiceField(label=_("Looked after by"), coerce=UUID, empty_value=None, required=False)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, may_set_terms: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [("", _("Nobody")), *((str(user.pk), user.name) for user in list_colleagues())]
        self.fields["rep_id"].choices = people  # type: ignore[attr-defined]
        self.fields["country"].choices = [("", "–"), *countries]  # type: ignore[attr-defined]
        if not may_set_terms:
            del self.fields["terms_days"], self.fields["credit_limit"]

    def typed(self) -> dict[str, Any]:
        """What was typed, by the names of `CompanyDraft`; an empty amount is nought."""
        typed = dict(self.cleaned_data)
        for name in ("credit_limit", "least_order"):
            if name in typed:
                typed[name] = typed[name] or Decimal(0)
        return typed


class PersonForm(forms.Form):
    """A customer by the e-mail address."""

    email = forms.EmailField(
        label=_("E-mail of the customer"), help_text=_("A new address becomes a customer.")
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)


class PersonChoice(forms.Form):
    """Who of the company."""

    customer_id = forms.TypedChoiceField(label=_("Who"), coerce=UUID)

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer_id"].choices = people  # type: ignore[attr-defined]


class PaymentForm(forms.Form):
    """Money that came, and of which invoices; without parts those due first are paid."""

    amount = forms.DecimalField(label=_("Amount"), **{**_AMOUNT, "min_value": Decimal("0.0001")})
    way = forms.ChoiceField(label=_("Paid by"), choices=Settlement.Way.choices)
    received_on = forms.DateField(
        label=_("Received on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reference = forms.CharField(label=_("Reference"), max_length=120, required=False)

    def __init__(self, *args: Any, rows: list[Receivable], today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["received_on"].initial = today
        self.rows = rows
        for row in rows:
            self.fields[f"part_{row.pk}"] = forms.DecimalField(
                label=_("Of %(invoice)s") % {"invoice": row.document.reference},
                required=False,
                help_text=_("%(open)s open, due %(day)s")
                % {"open": format_money(row.open_amount, row.currency), "day": row.due_on},
                **_AMOUNT,
            )

    def parts(self) -> dict[UUID, Decimal] | None:
        """What was typed of each invoice; None when nothing was."""
        typed = {row.pk: self.cleaned_data.get(f"part_{row.pk}") for row in self.rows}
        given = {pk: part for pk, part in typed.items() if part}
        return given or None


class TakeBackForm(forms.Form):
    """Which payment, and why."""

    settlement_id = forms.TypedChoiceField(label=_("Payment"), coerce=UUID)
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, payments: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["settlement_id"].choices = payments  # type: ignore[attr-defined]


class PeriodForm(forms.Form):
    """The days of a statement."""

    start = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    end = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class CadenceForm(forms.Form):
    """When companies are reminded."""

    days = forms.CharField(
        label=_("Days after the due day"), required=False, max_length=60,
        help_text=_("Separate them with commas, for example 1, 14, 30. Empty: nobody is reminded."),
    )  # fmt: skip

    def clean_days(self) -> list[int]:
        text = self.cleaned_data["days"]
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if any(not part.isdecimal() or len(part) > 4 for part in parts):
            raise forms.ValidationError(_("Enter numbers of days, separated by commas."))
        return [int(part) for part in parts]
