"""Taking a demo business away, every row of it."""

from __future__ import annotations

from uuid import UUID

import pgtrigger
from django.apps import apps
from django.db import connection, transaction

from apps.kernel import tenancy
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Business, Membership


def remove_demo_businesses(slug: str | None = None) -> list[str]:
    """Delete demo businesses (or the one of `slug`) with all that belongs to them and to nobody else.

    Only businesses marked as demo can be removed: real books and audit chains stay append-only. Returns names.
    """
    found = Business.objects.filter(is_demo=True)
    if slug is not None:
        found = found.filter(slug=slug)
    names = []
    for business in found:
        remove(business)
        names.append(business.name)
    return names


@tenancy.across("demo.removal")
def remove(business: Business) -> None:
    """Delete one demo business in one transaction."""
    if not business.is_demo:
        raise ValueError("Only demo businesses can be removed.")
    people = list(Membership.unscoped.filter(business=business).values_list("user_id", flat=True))
    with transaction.atomic(), pgtrigger.ignore():
        for table, column in tables_of_a_business():
            with connection.cursor() as cursor:
                cursor.execute(f'DELETE FROM "{table}" WHERE {column}', [str(business.pk)])  # noqa: S608
        Business.objects.filter(pk=business.pk).delete()
        elsewhere = Membership.unscoped.filter(user_id__in=people).values("user_id")
        strangers = User.objects.filter(pk__in=people).exclude(pk__in=elsewhere)
        strangers.delete()


@tenancy.across("demo.removal")
def rows_left(business_id: UUID) -> dict[str, int]:
    """How many rows of a business are still in each table; empty when it is gone."""
    left = {}
    with connection.cursor() as cursor:
        for table, column in tables_of_a_business():
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {column}', [str(business_id)])  # noqa: S608
            (count,) = cursor.fetchone()
            if count:
                left[table] = count
    return left


def tables_of_a_business() -> list[tuple[str, str]]:
    """Every table that holds rows of one business, with the condition that finds them."""
    found: list[tuple[str, str]] = []
    for model in apps.get_models(include_auto_created=True):
        columns = {field.column for field in model._meta.local_fields}
        if "business_id" in columns:
            found.append((model._meta.db_table, "business_id = %s"))
        elif getattr(model, "tenant_column", "") == "chain":
            found.append((model._meta.db_table, "chain = %s"))
        elif model._meta.auto_created:
            found.extend(_join_table(model))
        elif model._meta.label == "sandboxpay.SandboxSession":
            found.append((model._meta.db_table, "merchant = %s"))
        else:
            found.extend(_child_table(model))
    # Children before parents: the constraints are checked at commit, but cascades are not ours to rely on.
    return sorted(found, key=lambda entry: " IN (" not in entry[1])


def _join_table(model: type) -> list[tuple[str, str]]:
    for field in model._meta.local_fields:  # type: ignore[attr-defined]
        target = field.related_model
        if target is not None and "business_id" in {column.column for column in target._meta.local_fields}:
            inner = f'SELECT id FROM "{target._meta.db_table}" WHERE business_id = %s'  # noqa: S608
            return [(model._meta.db_table, f'"{field.column}" IN ({inner})')]  # type: ignore[attr-defined]
    return []


def _child_table(model: type) -> list[tuple[str, str]]:
    """A table without a tenant of its own whose parent has one, such as the company's messages."""
    for field in model._meta.local_fields:  # type: ignore[attr-defined]
        target = field.related_model
        if target is not None and target._meta.label == "sandboxpay.SandboxSession":
            inner = f'SELECT id FROM "{target._meta.db_table}" WHERE merchant = %s'  # noqa: S608
            return [(model._meta.db_table, f'"{field.column}" IN ({inner})')]  # type: ignore[attr-defined]
    return []
