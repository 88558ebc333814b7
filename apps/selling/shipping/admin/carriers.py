"""The keys of each carrier on one page: entered, tried, put into use."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.errors import DomainError
from apps.kernel.web import form_error, sentence
from apps.platform.backoffice import nav
from apps.platform.backoffice.overtaken import guard, keep_seen
from apps.platform.backoffice.pages import page, render_page
from apps.platform.vault.forms import SecretField, SecretFormMixin
from apps.selling.shipping import policies
from apps.selling.shipping.carriers import Carrier, Setting, find_carrier, list_carriers
from apps.selling.shipping.models import CarrierAccount
from apps.selling.shipping.services import missing_settings, set_up_carrier, try_connection, use_carrier
from apps.selling.shipping.services.credentials import secret_name


class KeysForm(SecretFormMixin, forms.Form):
    """What a carrier asks of a business, as its adapter says."""

    def __init__(self, *args: Any, adapter: Carrier, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        self.fields.update({setting.name: _field(adapter, setting) for setting in adapter.settings})
        self.note_kept()

    def parts(self) -> tuple[dict[str, str], dict[str, str]]:
        """Plain values and secrets."""
        secret = self.secret_fields()
        values = {name: str(value or "") for name, value in self.cleaned_data.items() if name not in secret}
        return values, {name: str(self.cleaned_data.get(name) or "") for name in secret}


def _field(adapter: Carrier, setting: Setting) -> forms.Field:
    known: dict[str, Any] = {
        "label": setting.label,
        "required": setting.required,
        "help_text": setting.help,
    }
    if setting.kind == "secret":
        return SecretField(secret_name(adapter.code, setting.name), **known)
    if setting.kind == "mode":
        choices = [("test", _("Test: no parcel is carried")), ("live", _("Live: labels cost money"))]
        return forms.ChoiceField(choices=choices, **known)
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    return forms.CharField(max_length=120, widget=forms.TextInput(attrs=attrs), **known)


@page(
    "settings/carriers/", name="shipping_carriers", title=gettext_lazy("Carriers"), permission=policies.MANAGE
)
def carriers(request: HttpRequest) -> HttpResponse:
    """One carrier at a time: its keys, a call to try them, whether labels may be bought."""
    rows = {row.carrier: row for row in CarrierAccount.objects.all()}
    adapter = find_carrier(request.GET.get("carrier", "")) or list_carriers()[0]
    account = rows.get(adapter.code)
    start = dict(account.settings) if account else {}
    form = KeysForm(adapter=adapter, initial=start)
    keep_seen(request, form)
    status = 200
    if request.method == "POST":
        if "save" in request.POST:
            form = KeysForm(request.POST, adapter=adapter, initial=start)
        overtaken = guard(request, form)
        if not overtaken and _act(request, adapter, form):
            return HttpResponseRedirect(f"{reverse('admin:shipping_carriers')}?carrier={adapter.code}")
        status = 409 if overtaken else 400
    context = {
        "adapter": adapter,
        "form": form,
        "is_used": bool(account and account.active),
        "missing": missing_settings(adapter.code),
        "carriers": [
            (one, one is adapter, one.code in rows and rows[one.code].active) for one in list_carriers()
        ],
    }
    return render_page(request, "shipping/carriers.html", context, status=status)


def _act(request: HttpRequest, adapter: Carrier, form: KeysForm) -> bool:
    """What the pressed button asks for; False when the page is to be shown again with what is wrong."""
    actor = request.actor  # type: ignore[attr-defined]
    name = {"name": adapter.name}
    try:
        if "save" in request.POST:
            if not form.is_valid():
                return False
            values, secrets = form.parts()
            set_up_carrier(actor, carrier=adapter.code, values=values, secrets=secrets)
            messages.success(request, _("Saved. Try the connection now."))
        elif "use" in request.POST:
            active = request.POST["use"] == "1"
            use_carrier(actor, carrier=adapter.code, active=active)
            words = (
                _("Labels of %(name)s can be bought now.") if active else _("%(name)s is not used any more.")
            )
            messages.success(request, words % name)
        else:
            try_connection(actor, carrier=adapter.code)
            messages.success(request, _("%(name)s answers and accepts your keys.") % name)
    except DomainError as error:
        if "save" in request.POST:
            form_error(form, error)
            return False
        messages.error(request, _("%(name)s: %(answer)s") % {**name, "answer": sentence(error)})
    return True


nav.register(
    section="Settings",
    label=gettext_lazy("Carriers"),
    url="admin:shipping_carriers",
    under="admin:business_settings",
    permission=policies.MANAGE,
    icon="local_shipping",
    order=48,
)
