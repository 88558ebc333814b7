"""The kernel's tables and the bases that every other table stands on."""

from .audit import AuditAnchor, AuditEntry, AuditHead
from .base import Entity, MoneyField, TenantEntity
from .circuits import CircuitState
from .idempotency import IdempotencyKey
from .outbox import Delivery, DispatchRound, OutboxEvent
from .rates import RateCount, Remembered
from .series import SeriesCounter

__all__ = [
    "AuditAnchor",
    "AuditEntry",
    "AuditHead",
    "CircuitState",
    "Delivery",
    "DispatchRound",
    "Entity",
    "IdempotencyKey",
    "MoneyField",
    "OutboxEvent",
    "RateCount",
    "Remembered",
    "SeriesCounter",
    "TenantEntity",
]
