"""What businesses announce."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.kernel.events import Event, event


@event("identity.business_created", version=1)
@dataclass(frozen=True, kw_only=True)
class BusinessCreated(Event):
    """A business exists; upper apps prepare its books, rates and the like."""

    currency: str
    country: str

    @property
    def owner(self) -> str:
        return f"business:{self.business_id}"


@event("identity.member_invited", version=1)
@dataclass(frozen=True, kw_only=True)
class MemberInvited(Event):
    """Somebody was asked to join a business."""

    membership_id: UUID

    @property
    def owner(self) -> str:
        return f"membership:{self.membership_id}"


@event("identity.member_removed", version=1)
@dataclass(frozen=True, kw_only=True)
class MemberRemoved(Event):
    """Somebody does not belong to a business any more."""

    membership_id: UUID
    user_id: UUID

    @property
    def owner(self) -> str:
        return f"membership:{self.membership_id}"


@event("identity.business_changed", version=1)
@dataclass(frozen=True, kw_only=True)
class BusinessChanged(Event):
    """Settings of a business changed; names of the fields only, the row has the values."""

    fields: list[str]

    @property
    def owner(self) -> str:
        return f"business:{self.business_id}"
