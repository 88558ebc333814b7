"""Forms of gift cards and store credit. They read what was typed; the services decide about it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models.functions import Upper
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.forms import AmountField
from apps.goods.catalog.models import Variant
from apps.people.customers.selectors import find_customer_by_email


class IssueForm(forms.Form):
    """For a customer by her address it is store credit, for anybody else a new gift card."""

    amount = AmountField(label=_("Amount"))
    recipient_email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("The code is mailed there. Without it, it is shown once."),
    )
    recipient_name = forms.CharField(label=_("Name"), max_length=120, required=False)
    as_store_credit = forms.BooleanField(
        label=_("As store credit of the customer with this e-mail"), required=False
    )
    expires_on = forms.DateField(
        label=_("Good until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: for ever. What is left after that day is yours."),
    )
    reason = forms.CharField(label=_("What for"), max_length=200)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        data["customer_id"] = None
        if data.pop("as_store_credit", False):
            customer = find_customer_by_email(data.get("recipient_email") or "")
            if customer is None:
                self.add_error("recipient_email", _now("No customer has this e-mail address."))
            else:
                data["customer_id"] = customer.pk
        return data


class CorrectForm(forms.Form):
    """More or less than is on it."""

    amount = AmountField(
        label=_("Amount"), help_text=_("What is added; with a minus in front, what is taken off.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)


class TopUpForm(forms.Form):
    """What was paid, and how."""

    amount = AmountField(label=_("Amount"))
    tender = forms.ChoiceField(
        label=_("Paid"), choices=[("cash", _("In cash")), ("bank", _("By bank transfer"))]
    )
    reference = forms.CharField(
        label=_("Reference"),
        max_length=40,
        required=False,
        help_text=_("Number of the receipt or of the transfer."),
    )


class BlockForm(forms.Form):
    """Why; staff see it."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class RenewForm(forms.Form):
    """Where the new code goes."""

    recipient_email = forms.EmailField(label=_("Mail it to"), required=False)


class SellForm(forms.Form):
    """Which variant is a gift card."""

    sku = forms.CharField(label=_("SKU"), max_length=120)
    is_gift_card = forms.BooleanField(
        label=_("Is sold as a gift card"),
        required=False,
        initial=True,
        help_text=_(
            "Each piece that is paid becomes a card worth its price. Its code is mailed to the buyer."
        ),
    )
    months = forms.IntegerField(
        label=_("Good for so many months"), required=False, help_text=_("Empty: for ever.")
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        sku = (data.pop("sku", "") or "").upper()
        found = Variant.objects.annotate(upper_sku=Upper("sku")).filter(upper_sku=sku).first()
        if found is None:
            self.add_error("sku", _now("Nothing has this SKU."))
        else:
            data["variant_id"] = found.pk
        return data
