"""Filters of the journal: each costs an index look-up, none joins the lines into the list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .models import Account, JournalLine
from .sources import SOURCE_LABELS


class AccountFilter(admin.SimpleListFilter):
    """Entries that touch one account."""

    title = _("account")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(account.code, str(account)) for account in Account.objects.order_by("code")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        touching = JournalLine.objects.filter(entry=OuterRef("pk"), account__code=self.value())
        return queryset.filter(Exists(touching))


class SourceFilter(admin.SimpleListFilter):
    """Entries of one kind of source."""

    title = _("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(SOURCE_LABELS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(source_type=self.value()) if self.value() else queryset
