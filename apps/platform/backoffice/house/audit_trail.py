"""Who did what and when: the audit chain of the business."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.models import AuditEntry
from apps.platform.backoffice import nav
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.models import Membership

PAGE = 50
_SPARE_NOUGHTS = re.compile(r"^(-?\d+\.\d\d)0+$")


@dataclass(frozen=True)
class Difference:
    """One field that changed."""

    name: str
    before: Any
    after: Any


class AuditFilter(forms.Form):
    """Narrowing the trail."""

    actor = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    action = forms.CharField(label=gettext_lazy("What"), required=False, max_length=80)
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    object = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Membership.objects.select_related("user").order_by("user__display_name", "id")
        self.fields["actor"].choices = [  # type: ignore[attr-defined]
            ("", _("Everybody")),
            *((str(member.user_id), member.user.name) for member in people),
            ("system", _("The product itself")),
        ]
        self.fields["action"].widget.attrs["placeholder"] = "orders."


@page("audit/", name="audit_trail", title=gettext_lazy("Audit trail"), permission="audit.read")
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Newest first, fifty at a time, by the chain's own numbers: no counting however long it is."""
    form = AuditFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    entries = _narrow(request, chosen)
    before = request.GET.get("before", "")
    if before.isdigit():
        entries = entries.filter(sequence__lt=int(before))
    rows = list(entries.order_by("-sequence")[: PAGE + 1])
    older = ""
    if len(rows) > PAGE:
        kept = {name: value for name, value in request.GET.items() if name != "before" and value}
        older = "?" + urlencode({**kept, "before": rows[PAGE - 1].sequence})
    context = {
        "form": form,
        "rows": [(entry, differences(entry)) for entry in rows[:PAGE]],
        "older_url": older,
        "is_narrowed": any(chosen.values()) or bool(before),
    }
    return render_page(request, "backoffice/audit_trail.html", context)


def differences(entry: AuditEntry) -> list[Difference]:
    """The fields of an entry side by side."""
    before, after = entry.before or {}, entry.after or {}
    return [
        Difference(name.replace("_", " "), _in_words(before.get(name)), _in_words(after.get(name)))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _in_words(value: Any) -> Any:
    """A kept value as people write it: yes and no, lists without brackets, amounts without spare noughts."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return _SPARE_NOUGHTS.sub(r"\1", value) if isinstance(value, str) else value


def _narrow(request: HttpRequest, chosen: dict[str, Any]) -> QuerySet[AuditEntry]:
    business = request.business  # type: ignore[attr-defined]
    entries = AuditEntry.objects.filter(chain=business.pk)
    zone = ZoneInfo(business.time_zone)
    if who := chosen.get("actor"):
        entries = entries.filter(actor_kind="system") if who == "system" else entries.filter(actor_id=who)
    if action := chosen.get("action"):
        entries = entries.filter(action__startswith=action.strip().lower())
    if since := chosen.get("since"):
        entries = entries.filter(at__gte=dt.datetime.combine(since, dt.time.min, zone))
    if until := chosen.get("until"):
        entries = entries.filter(at__lt=dt.datetime.combine(until + dt.timedelta(days=1), dt.time.min, zone))
    if thing := chosen.get("object"):
        entries = entries.filter(object_id=thing)
    return entries


nav.register(
    section="Settings",
    label=gettext_lazy("Audit trail"),
    url="admin:audit_trail",
    permission="audit.read",
    icon="history",
    order=70,
)
