"""What staff do with fields: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb
from apps.platform.fields import services
from apps.platform.fields.forms import AddFieldForm, DeleteFieldForm, FieldForm
from apps.platform.fields.models import CustomField
from apps.platform.fields.policies import MANAGE
from apps.platform.fields.services.definitions import count_values


class AddField(Verb):
    name = "add"
    label = _("Add field")
    permission = MANAGE
    form_class = AddFieldForm

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        form = self._form
        return services.add_field(
            actor, record_type=data["record_type"], code=data["code"], draft=form.draft(), key=key
        )

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self._form = AddFieldForm(**kwargs)
        return self._form

    def success(self, obj: Any, result: Any) -> Any:
        return _now("“%(label)s” is asked from now on.") % {"label": result.label}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:fields_customfield_change", args=[result.pk])


class ChangeField(Verb):
    name = "change"
    label = _("Edit")
    permission = MANAGE
    submit_label = _("Save field")
    writes_back = True

    def is_available(self, actor: Actor, obj: CustomField) -> bool:
        return not obj.is_retired

    def explain(self, actor: Actor, obj: CustomField) -> list[Any]:
        return [
            _now("Values that were given must fit what you say here; if one does not, nothing is changed.")
        ]

    def initial(self, actor: Actor, obj: CustomField) -> dict[str, Any]:
        kept = obj.default
        default = "\n".join(kept) if isinstance(kept, list) else "" if kept is None else kept
        if isinstance(kept, bool):
            default = "yes" if kept else "no"
        names = [name for name in FieldForm.base_fields if name not in {"choices", "default"}]
        said = {name: getattr(obj, name) for name in names}
        return {**said, "choices": "\n".join(obj.choices), "default": default}

    def get_form(self, actor: Actor, obj: CustomField, **kwargs: Any) -> Any:
        self._form = FieldForm(record_type=obj.record_type, **kwargs)
        return self._form

    def perform(self, actor: Actor, obj: CustomField, data: dict[str, Any], key: str) -> Any:
        return services.change_field(actor, field_id=obj.pk, draft=self._form.draft())


class RetireField(Verb):
    name = "retire"
    label = _("Retire")
    permission = MANAGE
    dangerous = True

    def is_available(self, actor: Actor, obj: CustomField) -> bool:
        return not obj.is_retired

    def explain(self, actor: Actor, obj: CustomField) -> list[Any]:
        return [
            _now("“%(label)s” is asked no more and shown nowhere.") % {"label": obj},
            _now("Its values are kept, and are back when you bring the field back."),
        ]

    def perform(self, actor: Actor, obj: CustomField, data: dict[str, Any], key: str) -> Any:
        return services.retire_field(actor, field_id=obj.pk)


class RestoreField(Verb):
    name = "restore"
    label = _("Bring back")
    permission = MANAGE

    def is_available(self, actor: Actor, obj: CustomField) -> bool:
        return obj.is_retired

    def perform(self, actor: Actor, obj: CustomField, data: dict[str, Any], key: str) -> Any:
        return services.restore_field(actor, field_id=obj.pk)


class DeleteField(Verb):
    name = "delete"
    label = _("Delete with its values")
    permission = MANAGE
    dangerous = True
    form_class = DeleteFieldForm

    def is_available(self, actor: Actor, obj: CustomField) -> bool:
        return obj.is_retired

    def explain(self, actor: Actor, obj: CustomField) -> list[Any]:
        return [
            _now("The field and %(count)s values are deleted for good. This cannot be undone.")
            % {"count": count_values(obj)}
        ]

    def perform(self, actor: Actor, obj: CustomField, data: dict[str, Any], key: str) -> Any:
        return services.delete_field(actor, field_id=obj.pk, confirmed=data["confirmed"])

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:fields_customfield_changelist")
