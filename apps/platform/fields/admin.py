"""The fields of a business in the back office: Settings, Custom fields."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_state, text_column
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.tabs import Tab
from apps.platform.businesses.selectors import get_current_business
from apps.platform.fields.kinds import list_kinds
from apps.platform.fields.models import CustomField
from apps.platform.fields.policies import MANAGE
from apps.platform.fields.reading import show_value
from apps.platform.fields.services.definitions import count_values
from apps.platform.fields.verbs import AddField, ChangeField, DeleteField, RestoreField, RetireField


def _asked_of(field: CustomField) -> Any:
    return next((kind.label for kind in list_kinds() if kind.name == field.record_type), field.record_type)


def _places(field: CustomField) -> str:
    said = [
        (field.in_list, _now("list")),
        (field.filterable, _now("filter")),
        (field.on_documents, _now("papers")),
        (field.in_store, _now("store")),
    ]
    return ", ".join(word for is_there, word in said if is_there)


def _state(field: CustomField) -> str:
    return format_state("retired", _("Retired")) if field.is_retired else ""


_asked_of.short_description = _("Asked of")  # type: ignore[attr-defined]
_places.short_description = _("Shown in")  # type: ignore[attr-defined]
_state.short_description = _("State")  # type: ignore[attr-defined]


@register(CustomField)
class CustomFieldAdmin(TenantModelAdmin):
    """What is asked, by kind of record."""

    read_permission = MANAGE
    list_display = [
        "label",
        _asked_of,
        text_column("get_type_display", description=_("Type")),
        text_column("code", description=_("Code")),
        _places,
        _state,
    ]
    search_fields = ["label__icontains", "code__istartswith"]
    search_help_text = _("Label or code")
    ordering = ["record_type", "position", "id"]
    verbs = [ChangeField, RestoreField, RetireField, DeleteField]
    list_verbs = [AddField]
    tabs = [
        Tab("asked", _("Asked"), Q(retired_at__isnull=True)),
        Tab("retired", _("Retired"), Q(retired_at__isnull=False)),
    ]
    empty_title = _("No fields of your own")
    empty_text = _("Add what you want to know of products, customers or orders and find no place for.")
    empty_verb = "add"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomField]:
        return super().get_queryset(request)

    def facts(self, actor: Actor, obj: CustomField) -> list[Fact]:
        limits = " – ".join(part or "…" for part in (obj.minimum, obj.maximum))
        return [
            Fact(_("Asked of"), _asked_of(obj)),
            Fact(_("Type"), obj.get_type_display()),
            Fact(_("Code"), obj.code),
            Fact(_("Help"), obj.help_text),
            Fact(_("Choices"), ", ".join(obj.choices)),
            Fact(_("Limits"), limits if obj.minimum or obj.maximum else ""),
            Fact(
                _("Filled in at first with"),
                show_value(obj.type, obj.default, get_current_business().currency),
            ),
            Fact(_("Must be filled in"), _("Yes") if obj.required else _("No")),
            Fact(_("No two alike"), _("Yes") if obj.unique else _("No")),
            Fact(_("Shown in"), _places(obj)),
            Fact(_("Records with a value"), str(count_values(obj))),
        ]


nav.register(
    section="Settings",
    label=_("Custom fields"),
    url="admin:fields_customfield_changelist",
    under="admin:business_settings",
    permission=MANAGE,
    icon="edit_note",
    order=60,
)
