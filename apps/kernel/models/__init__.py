"""The kernel's tables and the bases that every other table stands on."""

from .audit import AuditAnchor, AuditEntry, AuditHead
from .base import Entity, MoneyField, TenantEntity
from .circuits import CircuitState
from .idempotency import IdempotencyKey
from .outbox import Delivery, OutboxEvent
from .rates import RateCount
from .series import SeriesCounter

__all__ = [
    "AuditAnchor",
    "AuditEntry",
    "AuditHead",
    "CircuitState",
    "Delivery",
    "Entity",
    "IdempotencyKey",
    "MoneyField",
    "OutboxEvent",
    "RateCount",
    "SeriesCounter",
    "TenantEntity",
]
