"""The business's own words for messages: a table of them, and a page to write, preview and try one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from apps.kernel.errors import DomainError
from apps.kernel.web import form_error
from apps.platform.backoffice import nav
from apps.platform.backoffice.overtaken import guard, keep_seen
from apps.platform.backoffice.pages import page, render_page
from apps.platform.notifications import policies
from apps.platform.notifications.selectors import list_wordings
from apps.platform.notifications.services import (
    forget_wording,
    preview_wording,
    queue_wording_test,
    save_wording,
    send_message,
)
from apps.platform.notifications.services.wordings import check_wording
from apps.platform.notifications.states import ADDRESSED, Channel
from apps.platform.notifications.wording import MessageEvent, list_events


class WordingForm(forms.Form):
    """Subject and body; a test goes to the address below."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=255, required=False)
    body = forms.CharField(
        label=gettext_lazy("Words"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy("Leave an empty line between paragraphs. Values in braces are filled in."),
    )
    to = forms.CharField(
        label=gettext_lazy("A test goes to"),
        max_length=254,
        required=False,
    )

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if channel == Channel.EMAIL:
            self.fields["subject"].required = True
        else:
            del self.fields["subject"]


@page("settings/wording/", name="wordings", title=gettext_lazy("Wording"), permission=policies.WORD)
def wordings(request: HttpRequest) -> HttpResponse:
    """Every message that may be worded, with a link for each channel and language that has words."""
    own: dict[str, list[tuple[str, str]]] = {}
    for row in list_wordings():
        label = f"{row.get_channel_display()}, {_language(row.language)}"
        own.setdefault(row.event, []).append((label, _address(row.event, row.channel, row.language)))
    language = request.business.language or settings.LANGUAGE_CODE  # type: ignore[attr-defined]
    rows = [
        (
            event.label,
            own.get(event.key, []),
            [(channel.label, _address(event.key, channel, language)) for channel in ADDRESSED],
        )
        for event in list_events()
    ]
    return render_page(request, "backoffice/wordings.html", {"rows": rows})


@page(
    "settings/wording/edit/",
    name="wording_edit",
    title=gettext_lazy("Wording"),
    permission=policies.WORD,
)
def wording_edit(request: HttpRequest) -> HttpResponse:
    """One message on one channel in one language; the address says which."""
    event, channel, language = _asked(request)
    own = list_wordings().filter(event=event.key, channel=channel, language=language).first()
    start: dict[str, Any] = {"to": request.user.email if channel == Channel.EMAIL else ""}  # type: ignore[union-attr]
    if own is not None:
        start |= {"subject": own.subject, "body": own.body}
    form, status, preview = WordingForm(initial=start, channel=channel), 200, None
    keep_seen(request, form)
    if request.method == "POST":
        if "forget" in request.POST:
            forget_wording(request.actor, event=event.key, channel=channel, language=language)  # type: ignore[attr-defined]
            messages.success(request, _("MoniDesk's own words are used again."))
            return HttpResponseRedirect(reverse("admin:wordings"))
        form = WordingForm(request.POST, initial=start, channel=channel)
        keep_seen(request, form)
        if "save" in request.POST and guard(request, form):
            status = 409
        elif form.is_valid() and (done := _act(request, event, channel, language, form)) is not None:
            return done
        else:
            status = 400 if form.errors else 200
    if form.is_bound and form.is_valid():
        preview = _preview(event, channel, form.cleaned_data)
    elif not form.is_bound and own is not None:
        preview = _preview(event, channel, start)
    context = {
        "form": form,
        "event": event,
        "values": [(f"{{{name}}}", value.label, value.sample) for name, value in event.values.items()],
        "channels": [
            (item.label, _address(event.key, item, language), item == channel) for item in ADDRESSED
        ],
        "languages": [
            (name, _address(event.key, channel, code), code == language) for code, name in settings.LANGUAGES
        ],
        "preview": preview,
        "is_own": own is not None,
        "has_own_of_house": channel == Channel.EMAIL,
        "heading": event.label,
    }
    return render_page(request, "backoffice/wording_edit.html", context, status=status)


def _act(
    request: HttpRequest, event: MessageEvent, channel: str, language: str, form: WordingForm
) -> HttpResponse | None:
    data = form.cleaned_data
    words = {"event": event.key, "channel": channel, "language": language}
    words |= {"subject": data.get("subject", ""), "body": data["body"]}
    actor = request.actor  # type: ignore[attr-defined]
    try:
        check_wording(event.key, channel, language, words["subject"], words["body"])
        if "save" in request.POST:
            save_wording(actor, **words)
            messages.success(request, _("Saved. New messages use these words."))
            return HttpResponseRedirect(_address(event.key, channel, language))
        if "test" in request.POST:
            message = queue_wording_test(actor, **words, to=data["to"])
            if send_message(message.business_id, message.pk):
                messages.success(request, _("The test was handed over to %(to)s.") % {"to": message.to})
            else:
                messages.error(request, _("The test did not go out. Messages says why."))
    except DomainError as error:
        form_error(form, error)
    return None


def _preview(event: MessageEvent, channel: str, data: dict[str, Any]) -> Any:
    return preview_wording(event, channel, data.get("subject", ""), data["body"])


def _asked(request: HttpRequest) -> tuple[MessageEvent, Channel, str]:
    events = list_events()
    event = next((item for item in events if item.key == request.GET.get("event")), events[0])
    channel = request.GET.get("channel", "")
    language = request.GET.get("language", "")
    if language not in dict(settings.LANGUAGES):
        language = request.business.language or settings.LANGUAGE_CODE  # type: ignore[attr-defined]
    return event, Channel(channel) if channel in ADDRESSED else Channel.EMAIL, language


def _address(event: str, channel: str, language: str) -> str:
    asked = urlencode({"event": event, "channel": str(channel), "language": language})
    return f"{reverse('admin:wording_edit')}?{asked}"


def _language(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


nav.register(
    section="Settings",
    label=gettext_lazy("Wording"),
    url="admin:wordings",
    under="admin:notifications_message_changelist",
    permission=policies.WORD,
    icon="edit_note",
    order=63,
)
