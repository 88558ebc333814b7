"""What is asked, and what was answered."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity


class FieldType(models.TextChoices):
    TEXT = "text", _("Text")
    LONG_TEXT = "long_text", _("Long text")
    WHOLE = "whole", _("Whole number")
    DECIMAL = "decimal", _("Number with decimals")
    MONEY = "money", _("Amount of money")
    DATE = "date", _("Date")
    YES_NO = "yes_no", _("Yes or no")
    CHOICE = "choice", _("One of a list")
    CHOICES = "choices", _("Several of a list")
    URL = "url", _("Web address")
    EMAIL = "email", _("E-mail address")


class CustomField(TenantEntity):
    """One thing that is asked of every record of a kind. The code never changes: programs and values know it."""

    record_type = models.CharField(_("asked of"), max_length=80)
    code = models.CharField(_("code"), max_length=40)
    label = models.CharField(_("label"), max_length=80)
    help_text = models.CharField(_("help"), max_length=200, blank=True)
    type = models.CharField(_("type"), max_length=10, choices=FieldType)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    # Numbers, dates or lengths, as text: what they mean the type says.
    minimum = models.CharField(_("at least"), max_length=30, blank=True)
    maximum = models.CharField(_("at most"), max_length=30, blank=True)
    default = models.JSONField(_("default"), null=True, blank=True)
    required = models.BooleanField(_("must be filled in"), default=False)
    unique = models.BooleanField(_("no two alike"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    in_list = models.BooleanField(_("column in the list"), default=False)
    filterable = models.BooleanField(_("filter of the list"), default=False)
    on_documents = models.BooleanField(_("on papers"), default=False)
    in_store = models.BooleanField(_("shown in the store"), default=False)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ("record_type", "position", "id")
        constraints = [
            models.UniqueConstraint(fields=("business", "record_type", "code"), name="fields_code_unique"),
            models.CheckConstraint(condition=Q(type__in=FieldType.values), name="fields_type_known"),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z][a-z0-9_]*$"), name="fields_code_plain"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None


class RecordValues(TenantEntity):
    """All values of one record, by the fields' codes, in the form that `reading.read_value` gives them."""

    record_type = models.CharField(max_length=80, editable=False)
    record_id = models.UUIDField(editable=False)
    values = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("values of a record")
        verbose_name_plural = _("values of records")
        constraints = [
            models.UniqueConstraint(
                fields=("business", "record_type", "record_id"), name="fields_values_once"
            ),
        ]
        indexes = [GinIndex(fields=("values",), name="fields_values_gin", opclasses=("jsonb_path_ops",))]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id}"


class TakenValue(TenantEntity):
    """A value that no other record may have: what a unique index inside of `RecordValues.values` would be."""

    field = models.ForeignKey(CustomField, on_delete=models.CASCADE, related_name="+", editable=False)
    record = models.ForeignKey(RecordValues, on_delete=models.CASCADE, related_name="+", editable=False)
    value = models.CharField(max_length=500, editable=False)

    class Meta:
        verbose_name = _("taken value")
        verbose_name_plural = _("taken values")
        constraints = [
            models.UniqueConstraint(F("field"), F("value"), name="fields_taken_once"),
            models.UniqueConstraint(fields=("field", "record"), name="fields_taken_by_one"),
        ]

    def __str__(self) -> str:
        return self.value
