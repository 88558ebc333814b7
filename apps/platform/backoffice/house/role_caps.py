"""How far a role goes alone: the form on the role's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.money import minor_digits, round_money
from apps.kernel.permissions import expand
from apps.platform.approvals.caps import list_caps
from apps.platform.approvals.selectors import caps_of_role
from apps.platform.approvals.services import set_caps
from apps.platform.businesses.models import Role


class CapsForm(forms.Form):
    """One amount for each act that the role may do and that can be bounded."""

    def __init__(self, role: Role, currency: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        held, caps = expand(role.permissions), caps_of_role(role)
        for cap in list_caps():
            if cap.act in held:
                self.fields[cap.act] = forms.DecimalField(
                    label=f"{cap.label} ({currency})",
                    min_value=0,
                    max_digits=14,
                    decimal_places=minor_digits(currency),
                    required=False,
                    initial=round_money(caps[cap.act], currency) if cap.act in caps else None,
                    help_text=f"{cap.sentence} {_('Empty: no limit.')}",
                )

    def save(self, actor: Actor, role: Role) -> None:
        """Set what was entered; raises as `set_caps`."""
        set_caps(actor, role_id=role.pk, caps=self.cleaned_data)
