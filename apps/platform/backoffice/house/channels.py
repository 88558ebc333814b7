"""By which company messages go out on each channel, and a test of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.errors import DomainError, WrongState
from apps.kernel.tenancy import require_business_id
from apps.kernel.web import form_error
from apps.platform.backoffice import nav
from apps.platform.backoffice.overtaken import guard, keep_seen
from apps.platform.backoffice.pages import View, page, render_page
from apps.platform.notifications import policies
from apps.platform.notifications.models import ChannelSetting, Message
from apps.platform.notifications.providers import MessageProvider, TellsBack, find_provider, list_providers
from apps.platform.notifications.providers.base import Setting
from apps.platform.notifications.selectors import (
    count_waiting,
    find_channel_setting,
    find_silence,
    list_devices,
)
from apps.platform.notifications.services import choose_provider, queue_device_test, queue_test, send_message
from apps.platform.notifications.states import Channel
from apps.platform.notifications.vaulted import secret_name
from apps.platform.vault.forms import SecretField, SecretFormMixin


class ProviderForm(SecretFormMixin, forms.Form):
    """What a company asks of a business, as its adapter says."""

    def __init__(self, *args: Any, adapter: MessageProvider, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        self.fields.update({setting.name: _field(adapter, setting) for setting in adapter.settings})
        self.note_kept()

    def parts(self) -> tuple[dict[str, str], dict[str, str]]:
        """Plain values and secrets."""
        secret = self.secret_fields()
        values = {name: str(value or "") for name, value in self.cleaned_data.items() if name not in secret}
        return values, {name: str(self.cleaned_data.get(name) or "") for name in secret}


class TestForm(forms.Form):
    """Where a test goes."""

    __test__ = False
    to = forms.CharField(max_length=254)

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        kwargs["auto_id"] = "test_%s"  # the company's form stands on the same page
        super().__init__(*args, **kwargs)
        if channel == Channel.PUSH:
            del self.fields["to"]
            return
        by_mail = channel == Channel.EMAIL
        self.fields["to"].label = _("E-mail address") if by_mail else _("Telephone number")
        self.fields["to"].help_text = "" if by_mail else _("With its country, such as +44 1632 960000.")
        self.fields["to"].widget.attrs["inputmode"] = "email" if by_mail else "tel"


def _field(adapter: MessageProvider, setting: Setting) -> forms.Field:
    if setting.kind == "secret":
        name = secret_name(adapter.code, setting.name)
        return SecretField(name, required=setting.required, label=setting.label, help_text=setting.help)
    known: dict[str, Any] = {
        "label": setting.label,
        "required": setting.required,
        "help_text": setting.help,
        "initial": setting.initial,
    }
    if setting.kind == "email":
        return forms.EmailField(max_length=254, **known)
    if setting.kind == "number":
        return forms.IntegerField(min_value=1, max_value=65535, **known)
    if setting.kind == "long":
        return forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), **known)
    return forms.CharField(max_length=200, **known)


def _show(channel: Channel) -> View:
    def view(request: HttpRequest) -> HttpResponse:
        """The chosen company first; another one by its tab, its form, and a test of what is chosen."""
        return _answer(request, channel)

    return view


def _answer(request: HttpRequest, channel: Channel) -> HttpResponse:
    used = find_channel_setting(channel)
    asked = find_provider(request.GET.get("provider", "")) or find_provider(used.provider)
    adapter = asked if asked in list_providers(channel) else list_providers(channel)[0]
    assert adapter is not None  # noqa: S101  (every channel has a provider)
    start = used.values if used.provider == adapter.code else {}
    form = ProviderForm(adapter=adapter, initial=start)
    keep_seen(request, form)
    test = TestForm(channel=channel, initial=_own_address(request, channel))
    status = 200
    if request.method == "POST" and "test" in request.POST:
        test = TestForm(request.POST, channel=channel)
        if (done := _try(request, channel, test)) is not None:
            return done
        status = 400
    elif request.method == "POST":
        form = ProviderForm(request.POST, adapter=adapter, initial=start)
        overtaken = guard(request, form)
        if not overtaken and (done := _choose(request, channel, adapter, form)) is not None:
            return done
        status = 409 if overtaken else 400
    return render_page(
        request,
        "backoffice/channel.html",
        {
            "channels": [(item.label, reverse(_page_name(item)), item == channel) for item in Channel],
            "providers": [
                (item, f"?provider={item.code}", item is adapter, item.code == used.provider)
                for item in list_providers(channel)
            ],
            "adapter": adapter,
            "is_used": used.provider == adapter.code,
            "used": find_provider(used.provider),
            "form": form,
            "test": test,
            "status_url": _status_url(used),
            "silence": find_silence(channel),
            "waiting": count_waiting(channel),
            "to_myself": channel == Channel.PUSH,
        },
        status=status,
    )


def _choose(
    request: HttpRequest, channel: Channel, adapter: MessageProvider, form: ProviderForm
) -> HttpResponse | None:
    if not form.is_valid():
        return None
    values, secrets = form.parts()
    try:
        choose_provider(
            request.actor,  # type: ignore[attr-defined]
            channel=channel,
            provider=adapter.code,
            values=values,
            secrets=secrets,
        )
    except DomainError as error:
        form_error(form, error)
        return None
    messages.success(request, _("Saved. Messages go out by %(name)s.") % {"name": adapter.name})
    return HttpResponseRedirect(reverse(_page_name(channel)))


def _try(request: HttpRequest, channel: Channel, form: TestForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    try:
        message = _queue_test(request, channel, form)
    except DomainError as error:
        form_error(form, error)
        return None
    # At once and not by the task: whoever sets this up waits for the answer of the company.
    if send_message(message.business_id, message.pk):
        messages.success(request, _("The test was handed over. Here is what was sent."))
    else:
        messages.error(request, _("The test did not go out. The last error says why."))
    if request.actor.may("notifications.read"):  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("admin:notifications_message_change", args=[message.pk]))
    return HttpResponseRedirect(reverse(_page_name(channel)))


def _queue_test(request: HttpRequest, channel: Channel, form: TestForm) -> Message:
    actor = request.actor  # type: ignore[attr-defined]
    if channel != Channel.PUSH:
        return queue_test(actor, channel=channel, to=form.cleaned_data["to"])
    device = list_devices([actor.id]).first()
    if device is None:
        raise WrongState(_("You have not turned on a browser yet: My account, What you are told."))
    return queue_device_test(actor, device_id=device.pk, to=str(getattr(request.user, "email", "")))


def _own_address(request: HttpRequest, channel: Channel) -> dict[str, str]:
    return {"to": str(getattr(request.user, "email", ""))} if channel == Channel.EMAIL else {}


def _status_url(used: ChannelSetting) -> str:
    provider = find_provider(used.provider)
    if not isinstance(provider, TellsBack) or not provider.asks_for_address:
        return ""
    place = reverse("notifications:webhook", args=[used.provider, require_business_id()])
    return f"{settings.PUBLIC_BASE_URL}{place}"


def _page_name(channel: Channel) -> str:
    return f"admin:channel_{channel.value}"


for _channel in Channel:
    page(
        "settings/messages/" if _channel == Channel.EMAIL else f"settings/messages/{_channel.value}/",
        name=f"channel_{_channel.value}",
        title=gettext_lazy("How messages are sent"),
        permission=policies.CHANNELS,
    )(_show(_channel))

nav.register(
    section="Settings",
    label=gettext_lazy("How messages are sent"),
    url="admin:channel_email",
    under="admin:notifications_message_changelist",
    permission=policies.CHANNELS,
    icon="outgoing_mail",
    order=61,
)
