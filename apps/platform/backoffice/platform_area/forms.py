"""Forms of the platform's area."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.platform.businesses.impersonation import CHOICES_MINUTES


class SearchForm(forms.Form):
    """Finding a business."""

    q = forms.CharField(label=_("Name, store address or owner's e-mail"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("open", _("Open")), ("suspended", _("Suspended"))],
    )


class SuspendForm(forms.Form):
    """Why a business is closed."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("The owners read it when they sign in.")
    )


class WorkAsForm(forms.Form):
    """Whose place is taken, why and for how long."""

    membership_id = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("The person and the owners get it by e-mail at once.")
    )
    minutes = forms.TypedChoiceField(
        label=_("For how long"), coerce=int, choices=[(n, _("%d minutes") % n) for n in CHOICES_MINUTES]
    )


class PersonForm(forms.Form):
    """Helping somebody who cannot sign in."""

    membership_id = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("How do you know that it is the person?"), max_length=200, help_text=_("Told to the person.")
    )
