"""Abstract bases: an entity with a UUIDv7 key, and one that belongs to a tenant."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models

from apps.kernel import clock, tenancy
from apps.kernel.ids import new_id


class MoneyField(models.DecimalField):  # type: ignore[type-arg]
    """An amount: nineteen digits, four of them after the point. The currency stands on the aggregate."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 19)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)


class UpdatedAtField(models.DateTimeField):  # type: ignore[type-arg]
    """The moment of the last write, from the product's own clock."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = clock.now()
        setattr(model_instance, self.attname, value)
        return value


class Entity(models.Model):
    """A row with a time-ordered key that cannot be guessed, and its two moments."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = UpdatedAtField(default=clock.now, editable=False)

    class Meta:
        abstract = True


class TenantEntity(Entity):
    """A row of one business. `objects` raises when no business is bound; `unscoped` is for named crossings."""

    business = models.ForeignKey(
        settings.TENANT_MODEL,
        on_delete=models.PROTECT,
        default=tenancy.require_business_id,
        editable=False,
        related_name="+",
    )

    objects: ClassVar[tenancy.TenantManager[Self]] = tenancy.TenantManager()
    unscoped: ClassVar[tenancy.UnscopedManager[Self]] = tenancy.UnscopedManager()

    class Meta:
        abstract = True
