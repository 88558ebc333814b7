"""Keys of programs: made, shown once, renewed, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.permissions import describe
from apps.platform.access import services
from apps.platform.access.models import ApiKey
from apps.platform.access.policies import MANAGE, READ, grantable
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_moment, format_state, moment_column, text_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.house.grid import area_of
from apps.platform.backoffice.pages import render_page
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.models import Location
from apps.platform.businesses.selectors import get_current_business

STATES = {"active": (_("Active"), "good"), "expired": (_("Ended"), "warn"), "revoked": (_("Revoked"), "")}
OVERLAPS = [("0", _("None: it stops now")), ("1", _("1 hour")), ("24", _("1 day")), ("168", _("7 days"))]


def _state(key: ApiKey) -> str:
    label, tone = STATES[key.state]
    return format_state(key.state, label, tone)


_state.short_description = _("State")  # type: ignore[attr-defined]


class KeyForm(forms.Form):
    """What a key is for, and what it may."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What uses it, such as “Warehouse scanner”.")
    )
    permissions = forms.MultipleChoiceField(
        label=_("May"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("As little as it needs."),
    )
    location_ids = forms.MultipleChoiceField(
        label=_("Only these locations"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Leave all empty for every location."),
    )
    networks = forms.CharField(
        label=_("Only from these addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("IP addresses or networks, one a line. Empty: from everywhere."),
    )
    ends_on = forms.DateField(
        label=_("Ends on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("We send a mail a week before. Empty: it does not end by itself."),
    )

    def __init__(self, *args: Any, actor: Actor, kept: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = {**{code: describe(code) for code in kept}, **grantable(actor)}
        groups: dict[str, list[tuple[str, str]]] = {}
        for code, label in sorted(codes.items()):
            groups.setdefault(str(area_of(code)), []).append((code, label))
        self.fields["permissions"].choices = list(groups.items())  # type: ignore[attr-defined]
        places = Location.objects.filter(active=True)
        self.fields["location_ids"].choices = [(str(place.pk), place.name) for place in places]  # type: ignore[attr-defined]


def arguments_of(data: dict[str, Any]) -> dict[str, Any]:
    """The form's values as the service takes them; a key ends with the day in the business's own time."""
    day = data["ends_on"]
    zone = ZoneInfo(get_current_business().time_zone)
    return {
        "name": data["name"],
        "permissions": data["permissions"],
        "location_ids": [UUID(pk) for pk in data["location_ids"]],
        "networks": data["networks"].splitlines(),
        "expires_at": dt.datetime.combine(day, dt.time.max, zone) if day else None,
    }


class ShowsSecret(Verb):
    """A verb whose result has a secret: it is shown at once and never again."""

    def answer(self, request: HttpRequest, obj: Any, result: Any) -> HttpResponse | None:
        context = {
            "title": result.name,
            "key": result,
            "secret": getattr(result, "shown_secret", ""),
            "back_url": f"/admin/access/apikey/{result.pk}/",
        }
        response = render_page(request, "backoffice/key_secret.html", context)
        response["Cache-Control"] = "no-store"
        return response


class MakeKey(ShowsSecret):
    name = "make"
    label = _("Make a key")
    permission = MANAGE
    icon = "key"

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_("A program that sends this key acts for the business without a person.")]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return KeyForm(actor=actor, kept=[], **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.create_key(actor, **arguments_of(data), key=key)


class ChangeKey(Verb):
    name = "change"
    label = _("Change")
    permission = MANAGE
    submit_label = _("Save key")
    writes_back = True

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.revoked_at is None

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        zone = ZoneInfo(get_current_business().time_zone)
        return {
            "name": obj.name,
            "permissions": obj.permissions,
            "location_ids": [str(pk) for pk in obj.locations.values_list("pk", flat=True)],
            "networks": "\n".join(obj.networks),
            "ends_on": obj.expires_at.astimezone(zone).date() if obj.expires_at else None,
        }

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return KeyForm(actor=actor, kept=obj.permissions, **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.change_key(actor, key_id=obj.pk, **arguments_of(data))

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was saved.") % {"name": result.name}


class RotateForm(forms.Form):
    """How long both secrets are good."""

    overlap_hours = forms.TypedChoiceField(
        label=_("The old secret stays good for"), choices=OVERLAPS, coerce=int, initial="24"
    )


class RotateKey(ShowsSecret):
    name = "renew"
    label = _("Renew secret")
    permission = MANAGE
    form_class = RotateForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.revoked_at is None

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("The key gets a new secret. Until the old one ends, both are good, so nothing stops meanwhile.")
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.rotate_key(actor, key_id=obj.pk, **data, key=key)


class RevokeForm(forms.Form):
    """Why; kept in the audit trail."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class RevokeKey(Verb):
    name = "revoke"
    label = _("Revoke")
    permission = MANAGE
    dangerous = True
    form_class = RevokeForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.revoked_at is None

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _("Every program that uses this key is refused from its next request. This cannot be undone.")
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.revoke_key(actor, key_id=obj.pk, reason=data["reason"])

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was revoked.") % {"name": result.name}


@register(ApiKey)
class ApiKeyAdmin(TenantModelAdmin):
    """Programs that act for the business."""

    read_permission = READ
    list_display = (
        "name",
        _state,
        text_column("created_by.name", description=_("Made by")),
        moment_column("last_used_at", description=_("Last used")),
        moment_column("expires_at", description=_("Ends")),
    )
    list_select_related = ("created_by",)
    search_fields = ("name__istartswith",)
    search_help_text = _("Name")
    ordering = ("-id",)
    empty_title = _("No API keys yet")
    empty_text = _(
        "A key lets a program read and write here without a person: a scanner, a shop system, a report."
    )
    empty_verb = "make"
    verbs = (ChangeKey, RotateKey, RevokeKey)
    list_verbs = (MakeKey,)

    def get_tabs(self, request: HttpRequest) -> list[Tab]:
        alive = Q(expires_at__isnull=True) | Q(expires_at__gt=clock.now())
        return [
            Tab("active", _("Active"), alive & Q(revoked_at__isnull=True)),
            Tab("ended", _("Ended"), ~alive | Q(revoked_at__isnull=False)),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).select_related("created_by")
        return found

    def subtitle(self, obj: Any) -> Any:
        return _state(obj)

    def facts(self, actor: Actor, obj: Any) -> list[Fact]:
        used = format_moment(obj.last_used_at)
        return [
            Fact(_("Begins with"), ", ".join(str(secret) for secret in _good_secrets(obj))),
            Fact(_("Locations"), ", ".join(place.name for place in obj.locations.all()) or _("All")),
            Fact(_("Only from"), ", ".join(obj.networks) or _("Everywhere")),
            Fact(_("Ends"), format_moment(obj.expires_at) or _("Not by itself")),
            Fact(_("Last used"), used or _("Never"), help=obj.last_used_ip or ""),
            Fact(_("Made by"), obj.created_by.name, help=format_moment(obj.created_at)),
            *(
                [Fact(_("Revoked"), format_moment(obj.revoked_at), help=obj.revoked_because)]
                if obj.revoked_at
                else []
            ),
        ]

    def sections(self, actor: Actor, obj: Any) -> list[Section]:
        rows = [[describe(code), code] for code in obj.permissions]
        return [Section(_("May"), columns=[_("What"), _("Code")], rows=rows, empty=_("Nothing yet."))]


def _good_secrets(key: ApiKey) -> QuerySet[Any]:
    return key.secrets.filter(Q(good_until__isnull=True) | Q(good_until__gt=clock.now())).order_by("id")


nav.register(
    section="Settings",
    label=_("API keys"),
    url="admin:access_apikey_changelist",
    under="admin:businesses_membership_changelist",
    permission=READ,
    icon="key",
    order=60,
)
