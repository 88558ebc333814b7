"""Who acts: always known, with business, role and permissions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from .errors import PermissionRefused
from .limits import Limit
from .permissions import describe, whole_business
from .plain_words import PARTS

if TYPE_CHECKING:
    from .models import AuditEntry

Kind = Literal["user", "customer", "guest", "api_key", "system"]


_MESSAGE = " webhook"


def say_who(label: str) -> str:
    """Who did something, for a reader: a person's or program's own name as it is, parts of the product by its name."""
    if label in {"guest", "buyer"}:
        return _("The buyer")
    if label == "import":
        return _("Import")
    return "MoniDesk" if label in PARTS else label


def say_actor(entry: AuditEntry) -> str:
    """Who made an entry of the audit trail: people by their names, parts of the product as "Catalogue, by itself"."""
    label = entry.actor_label
    # A person may be called like a part of the product.
    if entry.actor_kind in {"user", "customer", "api_key"}:
        return label
    if label.endswith(_MESSAGE):
        company = label.removesuffix(_MESSAGE).replace("_", " ")
        return _("%(company)s, by a message") % {"company": company[:1].upper() + company[1:]}
    # A receiver of events signs with its own name, which begins with that of its part.
    part = PARTS.get(label) or PARTS.get(label.partition(".")[0])
    return _("%(part)s, by itself") % {"part": part} if part else say_who(label)


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or program behind a call. `permissions` are `resource.action` codes; system may everything."""

    kind: Kind
    id: UUID | None
    label: str
    business_id: UUID | None
    role: str = ""
    permissions: frozenset[str] = frozenset()
    location_ids: frozenset[UUID] | None = None
    own_customers_only: bool = False
    request_id: str = ""
    ip: str = ""
    # Somebody of the platform works as this person for a while: what is the person's own stays out of reach.
    is_worn: bool = False
    # The membership of whoever entered a PIN beside the actor, for this one call.
    approver_id: UUID | None = None

    @classmethod
    def system(cls, name: str, business_id: UUID | None, request_id: str = "") -> Actor:
        """A job of the product itself: a task, a subscriber, a command."""
        return cls("system", None, name, business_id, role="system", request_id=request_id)

    @classmethod
    def guest(cls, business_id: UUID, *, request_id: str = "", ip: str = "") -> Actor:
        """An anonymous visitor of a store."""
        return cls("guest", None, "guest", business_id, role="guest", request_id=request_id, ip=ip)

    @property
    def limit(self) -> Limit | None:
        """Which rows the actor is limited to; None for who may see all of them."""
        if self.location_ids is None and not self.own_customers_only:
            return None
        return Limit(self.location_ids, self.id if self.own_customers_only else None)

    def may(self, permission: str) -> bool:
        """Whether the actor holds `permission`."""
        return self.kind == "system" or permission in self.permissions

    def require(self, permission: str) -> None:
        """Refuse the actor who does not hold `permission`; a key is told which scope it lacks."""
        if self.may(permission):
            return
        if self.kind == "api_key":
            never = self.location_ids is not None and permission in whole_business()
            raise PermissionRefused(
                _("This key lacks the scope %(code)s (%(permission)s).")
                % {"code": permission, "permission": describe(permission)},
                remedy=_("A key that is limited to locations cannot have it. Use one for all locations.")
                if never
                else _("Give the key this scope on its page under Settings, API keys, or send another key."),
                permission=permission,
            )
        raise PermissionRefused(
            _("Your role does not allow this: %(permission)s.") % {"permission": describe(permission)},
            remedy=_("Ask an owner of the business to change your role."),
            permission=permission,
        )

    def within(self, business_id: UUID) -> Actor:
        """The same actor for another tenant. Only the system and store visitors may cross; others raise."""
        if business_id == self.business_id:
            return self
        if self.kind not in {"system", "guest", "customer"}:
            raise PermissionRefused()
        return replace(self, business_id=business_id)
