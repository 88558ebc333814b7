"""The keys of each payment company on one page: entered, tried, switched on; the address it sends its messages to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.errors import DomainError
from apps.kernel.tenancy import require_business_id
from apps.kernel.web import form_error, sentence
from apps.platform.backoffice.overtaken import guard, keep_seen
from apps.platform.backoffice.pages import page, render_page
from apps.platform.vault.forms import SecretField, SecretFormMixin
from apps.selling.payments import policies, selectors
from apps.selling.payments.models import ProviderAccount
from apps.selling.payments.providers import PaymentProvider, Setting, find_provider, list_providers
from apps.selling.payments.providers.deliveries import list_deliveries
from apps.selling.payments.services import offer_provider, set_up_provider, try_connection
from apps.selling.payments.services.credentials import missing_settings, secret_name


class KeysForm(SecretFormMixin, forms.Form):
    """What a company asks of a business, as its adapter says."""

    def __init__(self, *args: Any, adapter: PaymentProvider, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        self.fields.update({setting.name: _field(adapter, setting) for setting in adapter.settings})
        self.note_kept()

    def parts(self) -> tuple[dict[str, str], dict[str, str]]:
        """Plain values and secrets."""
        secret = self.secret_fields()
        values = {name: str(value or "") for name, value in self.cleaned_data.items() if name not in secret}
        return values, {name: str(self.cleaned_data.get(name) or "") for name in secret}


class DeliveriesField(forms.MultipleChoiceField):
    """Ways of delivery, kept as their ids with commas."""

    def prepare_value(self, value: Any) -> Any:
        return value.split(",") if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        return ",".join(super().clean(value))


def _field(adapter: PaymentProvider, setting: Setting) -> forms.Field:
    known: dict[str, Any] = {
        "label": setting.label,
        "required": setting.required,
        "help_text": setting.help,
    }
    if setting.kind == "secret":
        return SecretField(secret_name(adapter.code, setting.name), **known)
    if setting.kind == "take":
        choices = [("now", _("At once, when the buyer pays")), ("sent", _("When the goods are sent"))]
        return forms.ChoiceField(choices=choices, **known)
    if setting.kind == "mode":
        choices = [("test", _("Test: no money moves")), ("live", _("Live: buyers pay with real money"))]
        return forms.ChoiceField(choices=choices, **known)
    if setting.kind == "long":
        return forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 5}), **known)
    if setting.kind == "days":
        return forms.IntegerField(min_value=1, max_value=60, **known)
    if setting.kind == "deliveries":
        return DeliveriesField(widget=forms.CheckboxSelectMultiple, choices=list_deliveries(), **known)
    if setting.kind == "email":
        return forms.EmailField(max_length=200, **known)
    return forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        **known,
    )


@page(
    "settings/payments/",
    name="payments_setup",
    title=gettext_lazy("Payment methods"),
    permission=policies.MANAGE,
)
def setup(request: HttpRequest) -> HttpResponse:
    """One company at a time: its keys, a call to try them, whether buyers may choose it."""
    rows = {row.provider: row for row in ProviderAccount.objects.all()}
    adapter = find_provider(request.GET.get("company", "")) or _first(rows)
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
            return HttpResponseRedirect(f"{reverse('admin:payments_setup')}?company={adapter.code}")
        status = 409 if overtaken else 400
    path = reverse("payments:webhook", args=[adapter.code, require_business_id()])
    return render_page(
        request,
        "payments/setup.html",
        {
            "adapter": adapter,
            "form": form,
            "is_offered": account.active if account else adapter.on_by_default,
            "is_test": selectors.is_test(adapter, start),
            "missing": missing_settings(adapter.code),
            "webhook_url": settings.PUBLIC_BASE_URL.rstrip("/") + path,
            "companies": [
                (one, one is adapter, rows[one.code].active if one.code in rows else one.on_by_default)
                for one in list_providers()
            ],
        },
        status=status,
    )


def _first(rows: dict[str, ProviderAccount]) -> PaymentProvider:
    """A company that takes real money first: that is what somebody comes here for."""
    known = list_providers()
    offered = [one for one in known if one.code in rows and rows[one.code].active and not one.is_test]
    return (offered or [one for one in known if one.settings and not one.is_test] or known)[0]


def _act(request: HttpRequest, adapter: PaymentProvider, form: KeysForm) -> bool:
    """What the pressed button asks for; False when the page is to be shown again with what is wrong."""
    actor = request.actor  # type: ignore[attr-defined]
    try:
        if "save" in request.POST:
            if not form.is_valid():
                return False
            values, secrets = form.parts()
            set_up_provider(actor, provider=adapter.code, values=values, secrets=secrets)
            words = (
                _("Saved. Offer it to buyers now.")
                if adapter.is_manual
                else _("Saved. Try the connection now.")
            )
            messages.success(request, words)
        elif "offer" in request.POST:
            active = request.POST["offer"] == "1"
            offer_provider(actor, provider=adapter.code, active=active)
            words = _("Buyers can choose %(name)s now.") if active else _("%(name)s is no longer offered.")
            messages.success(request, words % {"name": adapter.name})
        else:
            try_connection(actor, provider=adapter.code)
            messages.success(request, _("%(name)s answers and accepts your keys.") % {"name": adapter.name})
    except DomainError as error:
        if "save" in request.POST:
            form_error(form, error)
            return False
        words = _("%(name)s: %(answer)s") % {"name": adapter.name, "answer": sentence(error)}
        messages.error(request, words)
    return True
