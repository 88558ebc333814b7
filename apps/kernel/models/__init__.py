"""The kernel's tables and the bases that every other table stands on."""

from .audit import AuditAnchor, AuditEntry, AuditHead
from .base import Entity, MoneyField, TenantEntity
from .idempotency import IdempotencyKey
from .outbox import Delivery, DispatchRound, OutboxEvent
from .rates import RateCount, Remembered
from .series import SeriesCounter

__all__ = [
    "AuditAnchor",
    "AuditEntry",
    "AuditHead",
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
