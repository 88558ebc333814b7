"""The books for programs: read only."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.money.ledger.models import Account, AccountKind, JournalEntry, JournalLine
from apps.platform.api.below import below
from apps.platform.api.fields import RowSerializer
from apps.platform.api.filters import YesNoFilter
from apps.platform.api.views import TenantViewSet


class AccountSerializer(RowSerializer):
    class Meta:
        model = Account
        fields = ["id", "code", "name", "kind", "system_key", "active"]


class JournalLineSerializer(RowSerializer):
    account_code = serializers.CharField(source="account.code", read_only=True)
    account_name = serializers.CharField(source="account.name", read_only=True)

    class Meta:
        model = JournalLine
        fields = ["position", "account", "account_code", "account_name", "debit", "credit", "memo"]


class JournalEntrySerializer(RowSerializer):
    lines = JournalLineSerializer(many=True)

    class Meta:
        model = JournalEntry
        fields = [
            "id", "number", "posted_on", "currency", "total", "memo", "source_type", "source_id", "source_kind",
            "owner_type", "owner_id", "reverses", "posted_by", "created_at", "lines",
        ]  # fmt: skip


class JournalEntryFilter(django_filters.FilterSet):
    posted_from = django_filters.DateFilter(field_name="posted_on", lookup_expr="gte")
    posted_to = django_filters.DateFilter(field_name="posted_on", lookup_expr="lte")
    source_type = django_filters.CharFilter(max_length=40)
    source_id = django_filters.UUIDFilter()
    owner_id = django_filters.UUIDFilter(help_text="Such as the order's id.")
    account = django_filters.UUIDFilter(method="by_account")

    class Meta:
        model = JournalEntry
        fields: ClassVar[list[str]] = []

    def by_account(
        self, entries: QuerySet[JournalEntry], _name: str, account_id: Any
    ) -> QuerySet[JournalEntry]:
        """Entries that touch the account."""
        return entries.filter(pk__in=JournalLine.objects.filter(account_id=account_id).values("entry_id"))


class AccountFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=AccountKind.choices)
    active = YesNoFilter()

    class Meta:
        model = Account
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["books"])
class JournalEntryViewSet(TenantViewSet):
    """The journal: balanced entries, never edited."""

    model = JournalEntry
    permissions = {"list": "ledger.read", "retrieve": "ledger.read"}
    serializer_class = JournalEntrySerializer
    filterset_class = JournalEntryFilter
    orderings = {
        "-number": ("-number", "-id"),
        "number": ("number", "id"),
        "-posted_on": ("-posted_on", "-number", "-id"),
        "posted_on": ("posted_on", "number", "id"),
    }

    def rows(self) -> QuerySet[Any]:
        return JournalEntry.objects.prefetch_related(
            below("lines", JournalLine.objects.select_related("account"))
        )

    def retrieve(self, request: Request, pk: str) -> Response:
        """One entry with its lines."""
        return self.answer(self.get_row())


@extend_schema(tags=["books"])
class AccountViewSet(TenantViewSet):
    """The chart of accounts."""

    model = Account
    permissions = {"list": "ledger.read", "retrieve": "ledger.read"}
    serializer_class = AccountSerializer
    filterset_class = AccountFilter
    orderings = {"code": ("code", "id")}

    def rows(self) -> QuerySet[Any]:
        return Account.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One account."""
        return self.answer(self.get_row())


def register(router: BaseRouter) -> None:
    """Mount the books."""
    router.register("journal-entries", JournalEntryViewSet, basename="journal-entry")
    router.register("accounts", AccountViewSet, basename="account")
