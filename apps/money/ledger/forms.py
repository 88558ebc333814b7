"""What an accountant fills in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .models import AccountKind
from .selectors import list_postable_accounts
from .services import ManualLine

LINES = 10
ZERO = Decimal(0)


class AccountForm(forms.Form):
    """A new account."""

    code = forms.CharField(label=_("Code"), max_length=20, help_text=_("Sorts the account, such as 6100."))
    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=AccountKind.choices)


class AccountNameForm(forms.Form):
    """A new name for an account."""

    name = forms.CharField(label=_("Name"), max_length=120)


class ReversalForm(forms.Form):
    """Why and when an entry is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=180)
    posted_on = forms.DateField(
        label=_("Date"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The day in the books, not before the entry's own."),
    )


class EntryForm(forms.Form):
    """A journal entry: a day, a reason, and lines that balance. Empty lines do not count."""

    posted_on = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}))
    memo = forms.CharField(label=_("What is it for?"), max_length=255)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = {str(account.pk): account for account in list_postable_accounts()}
        choices = [("", "")] + [(pk, str(account)) for pk, account in self.accounts.items()]
        for number in range(1, LINES + 1):
            for name, field in _line_fields(number, choices).items():
                self.fields[f"{name}_{number}"] = field

    def rows(self) -> list[dict[str, Any]]:
        """The fields of each line, for the template."""
        names = ("account", "debit", "credit", "line_memo")
        return [{name: self[f"{name}_{number}"] for name in names} for number in range(1, LINES + 1)]

    def head(self) -> list[Any]:
        """The fields above the lines."""
        return [self["posted_on"], self["memo"]]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        lines = [line for number in range(1, LINES + 1) if (line := self._line(number, data)) is not None]
        if not self.errors:
            self._check_balance(lines)
        return {"posted_on": data.get("posted_on"), "memo": data.get("memo"), "lines": lines}

    def _line(self, number: int, data: dict[str, Any]) -> ManualLine | None:
        account_id, debit, credit = (data.get(f"{name}_{number}") for name in ("account", "debit", "credit"))
        if not account_id and not debit and not credit:
            return None
        if not account_id:
            self.add_error(f"account_{number}", _now("Choose the account of this amount."))
        elif bool(debit) == bool(credit):
            self.add_error(f"debit_{number}", _now("Enter either a debit or a credit."))
        else:
            return ManualLine(
                account_id=self.accounts[account_id].pk,
                debit=debit or ZERO,
                credit=credit or ZERO,
                memo=data.get(f"line_memo_{number}") or "",
            )
        return None

    def _check_balance(self, lines: list[ManualLine]) -> None:
        debits = sum((line.debit for line in lines), ZERO)
        credits = sum((line.credit for line in lines), ZERO)
        if len(lines) < 2:
            self.add_error(None, _now("An entry needs at least two lines with an amount."))
        elif debits != credits:
            self.add_error(
                None,
                _now("Debit %(debit)s and credit %(credit)s differ by %(difference)s. Nothing was posted.")
                % {"debit": debits, "credit": credits, "difference": abs(debits - credits)},
            )


def _line_fields(number: int, choices: list[tuple[str, str]]) -> dict[str, forms.Field]:
    where = {"number": number}
    return {
        "account": forms.ChoiceField(
            label=_("Account of line %(number)s") % where, choices=choices, required=False
        ),
        "debit": _amount(_("Debit of line %(number)s") % where),
        "credit": _amount(_("Credit of line %(number)s") % where),
        "line_memo": forms.CharField(
            label=_("Note of line %(number)s") % where, max_length=255, required=False
        ),
    }


def _amount(label: Any) -> forms.DecimalField:
    widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": "0"})
    return forms.DecimalField(
        label=label, required=False, min_value=ZERO, max_digits=18, decimal_places=4, widget=widget
    )
