"""A field for secrets in any settings form: what is saved is never sent back to the page.

    class SmtpForm(SecretFormMixin, forms.Form):
        host = forms.CharField()
        password = SecretField("mail.smtp.password", label=_("Password"))

    form.keep_secrets(actor)     # inside the settings' own service call, after is_valid()

Left empty, the field keeps what is saved; "Remove" is a verb of the secrets' own page.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel.actors import Actor

from .models import Secret
from .selectors import find_secret
from .services import keep_secret
from .services.keeping import LONGEST_SECRET


class SecretField(forms.CharField):
    """A value that goes into the vault under `secret_name`."""

    def __init__(self, secret_name: str, *, required: bool = False, **kwargs: Any) -> None:
        self.secret_name = secret_name
        self.must_be_kept = required
        attributes = {"autocomplete": "off", "spellcheck": "false"}
        kwargs.setdefault("widget", forms.PasswordInput(render_value=False, attrs=attributes))
        kwargs.setdefault("max_length", LONGEST_SECRET)
        super().__init__(required=False, **kwargs)


class SecretFormMixin:
    """Says what is kept beside each `SecretField`, asks for what is missing, and saves what was typed."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.note_kept()

    def note_kept(self) -> None:
        """Look up what is kept; a form that adds fields when it is made calls it afterwards."""
        self.kept = {name: find_secret(field.secret_name) for name, field in self.secret_fields().items()}
        for name, field in self.secret_fields().items():
            kept = self.kept[name]
            if kept is not None:
                field.help_text = describe(kept)
            elif field.must_be_kept:
                field.required = field.widget.is_required = True

    def secret_fields(self) -> dict[str, SecretField]:
        """The form's secret fields by name."""
        return {name: field for name, field in self.fields.items() if isinstance(field, SecretField)}

    @sensitive_variables()
    def keep_secrets(self, actor: Actor) -> list[Secret]:
        """Save each secret that was typed; raises what `keep_secret` raises. Call it in the settings' service."""
        typed = {name: self.cleaned_data.get(name) for name in self.secret_fields()}
        fields = self.secret_fields()
        return [
            keep_secret(actor, name=fields[name].secret_name, value=value)
            for name, value in typed.items()
            if value
        ]


def describe(secret: Secret) -> str:
    """`Saved on 3 May 2026, ends in 4f2a.` and how to keep it."""
    day = date_format(secret.saved_at, "DATE_FORMAT")
    if not secret.last_four:
        return _("Saved on %(day)s. Leave it empty to keep it.") % {"day": day}
    return _("Saved on %(day)s, ends in %(last_four)s. Leave it empty to keep it.") % {
        "day": day,
        "last_four": secret.last_four,
    }
