"""What a form asks of somebody whose role is capped: who approves, and that person's PIN."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.money import format_money
from apps.platform.approvals.selectors import cap_of, list_approvers
from apps.platform.approvals.services import with_approver

FIELDS = ("approver", "pin")


class PinInput(forms.PasswordInput):
    """Digits that nobody reads over a shoulder, and that no browser keeps."""

    def __init__(self, *, is_new: bool = False) -> None:
        kept = "new-password" if is_new else "off"
        super().__init__(attrs={"inputmode": "numeric", "autocomplete": kept, "maxlength": 8})


def ask_for_approver(form: Any, actor: Actor, act: str, currency: str, locale: str) -> None:
    """Add the two fields to a form when the actor's role is capped for `act`; leave it alone otherwise."""
    most = cap_of(actor, act)
    if most is None:
        return
    members = list_approvers(actor, act)
    text = _now("Alone you may go up to %(most)s.") % {"most": format_money(most, currency, locale)}
    if not members:
        text += " " + _now("Nobody who may go further has set a PIN yet (under My account).")
    form.fields["approver"] = forms.ChoiceField(
        label=_("Approved by"),
        required=False,
        choices=[("", _("Nobody")), *((str(member.pk), member.user.name) for member in members)],
        help_text=text,
    )
    form.fields["pin"] = forms.CharField(
        label=_("Their PIN"), required=False, max_length=8, strip=True, widget=PinInput()
    )


def approved(actor: Actor, form: Any) -> Actor:
    """The actor with the approver the form names, whose PIN is checked and counted. Raises as `with_approver`."""
    given = getattr(form, "cleaned_data", {})
    if not given.get("approver"):
        return actor
    return with_approver(actor, approver_id=UUID(given["approver"]), pin=given.get("pin", ""))
