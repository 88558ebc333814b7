"""Which secrets the business keeps. Their values are shown to nobody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_moment, moment_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.verbs import Verb
from apps.platform.vault import policies
from apps.platform.vault.models import Secret
from apps.platform.vault.selectors import list_uses
from apps.platform.vault.services import forget_secret, replace_secret
from apps.platform.vault.services.keeping import LONGEST_SECRET

USES_SHOWN = 50


class NewValueForm(forms.Form):
    value = forms.CharField(
        label=_("New value"),
        max_length=LONGEST_SECRET,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text=_("It is encrypted and not shown again."),
    )


class ReplaceSecret(Verb):
    name = "replace"
    label = _("Set a new value")
    permission = policies.MANAGE
    icon = "key"
    form_class = NewValueForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return bool(obj.is_current)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("The old value is erased at once; whatever uses it works with the new one from its next call."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return replace_secret(actor, secret_id=obj.pk, value=data["value"])

    def success(self, obj: Any, result: Any) -> Any:
        return _("The new value is saved.")

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:vault_secret_change", args=[result.pk])


class ForgetSecret(Verb):
    name = "remove"
    label = _("Remove")
    permission = policies.MANAGE
    dangerous = True

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("The secret is erased with all its versions."),
            _("Whatever uses it stops working until it is given a new one."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        forget_secret(actor, secret_id=obj.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _("The secret is removed.")

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:vault_secret_changelist")


def ends_in(secret: Secret) -> str:
    return f"…{secret.last_four}" if secret.last_four else "–"


ends_in.short_description = _("Ends in")  # type: ignore[attr-defined]


@register(Secret)
class SecretAdmin(TenantModelAdmin):
    """Current versions only; the ciphertext is never read."""

    read_permission = policies.MANAGE
    list_display = ["name", ends_in, moment_column("saved_at"), "saved_by"]
    ordering = ["name", "id"]
    search_fields = ["name__istartswith"]
    verbs = [ReplaceSecret, ForgetSecret]
    empty_title = _("No secrets yet")
    empty_text = _("Keys and passwords of payment, mail and other services appear here once they are saved.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(is_current=True).defer("sealed")

    def facts(self, actor: Actor, obj: Any) -> list[Fact]:
        return [
            Fact(_("Ends in"), ends_in(obj)),
            Fact(_("Saved"), format_moment(obj.saved_at)),
            Fact(_("Saved by"), obj.saved_by),
            Fact(_("Version"), obj.version),
            Fact(_("Encrypted under key"), obj.key_version),
        ]

    def sections(self, actor: Actor, obj: Any) -> list[Section]:
        uses = list_uses(obj.name)[:USES_SHOWN]
        return [
            Section(
                _("Who used it"),
                columns=[_("Day, first use"), _("Used by"), _("What for")],
                rows=[[format_moment(use.first_used_at), use.used_by, use.purpose] for use in uses],
                empty=_("It has not been used yet."),
            )
        ]


nav.register(
    section="Settings",
    label=_("Secrets"),
    url="admin:vault_secret_changelist",
    under="admin:business_settings",
    permission=policies.MANAGE,
    icon="key",
    order=70,
)
