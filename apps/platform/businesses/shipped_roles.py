"""The roles every business starts with. Patterns are kept, so that a later feature joins the right roles.

A role that the business did not change follows what stands here at each migrate (`services/following.py`). One that
it did change is its own: what is added here later is offered on its page and given by nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import expand

if TYPE_CHECKING:
    from apps.platform.businesses.models import Role


@dataclass(frozen=True)
class ShippedRole:
    code: str
    name: Any
    permissions: tuple[str, ...]


_SEE_GOODS = ("products.read", "stock.read", "shipping.read")
_SEE_HOUSE = ("business.read", "locations.read")

SHIPPED_ROLES: tuple[ShippedRole, ...] = (
    ShippedRole("owner", _("Owner"), ("*",)),
    ShippedRole(
        "admin",
        _("Administrator"),
        (
            "orders.*",
            "credit.*",
            "returns.*",
            "quotes.*",
            "deliveries.*",
            "carts.*",
            "customers.*",
            "products.*",
            "stock.*",
            "suppliers.*",
            "purchasing.*",
            "imports.*",
            "history.*",
            "reports.*",
            "payments.*",
            "shipping.*",
            "pricing.*",
            "promotions.*",
            "ledger.*",
            "receivables.*",
            "companies.*",
            "documents.*",
            "notifications.*",
            "media.*",
            "fields.*",
            "business.read",
            "business.change",
            "locations.*",
            "team.*",
            "roles.*",
            "keys.*",
            "audit.read",
            "platform.operate",
        ),
    ),
    ShippedRole(
        "manager",
        _("Manager"),
        (
            "orders.*",
            "credit.*",
            "returns.*",
            "quotes.*",
            "deliveries.*",
            "carts.*",
            "customers.*",
            "products.*",
            "stock.*",
            "suppliers.*",
            "purchasing.*",
            "imports.*",
            "history.*",
            "reports.*",
            "shipping.*",
            "pricing.*",
            "promotions.*",
            "payments.read",
            "payments.refund",
            "payments.reconcile",
            "ledger.read",
            "receivables.*",
            "companies.*",
            "documents.read",
            "notifications.*",
            "media.*",
            "fields.*",
            "team.read",
            "audit.read",
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "sales",
        _("Sales"),
        (
            "orders.read",
            "orders.place",
            "orders.confirm",
            "orders.cancel",
            "orders.amend",
            "orders.note",
            "quotes.*",
            "carts.*",
            "customers.*",
            "history.read",
            "payments.read",
            "receivables.read",
            "documents.read",
            "pricing.read",
            *_SEE_GOODS,
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "cashier",
        _("Cashier"),
        (
            "orders.read",
            "orders.place",
            "orders.take_money",
            "payments.pay_out",
            "credit.read",
            "credit.top_up",
            "returns.read",
            "customers.*",
            "documents.read",
            *_SEE_GOODS,
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "stock_keeper",
        _("Stock keeper"),
        (
            # Receives, counts and moves; what changes a lot of value is approved by somebody else.
            "stock.read",
            "stock.receive",
            "stock.adjust",
            "stock.rules",
            "stock.transfer",
            "stock.count",
            # Knows the value of an adjustment that waits, and reads purchase orders.
            "products.costs",
            "purchasing.read",
            "products.read",
            "orders.read",
            "orders.fulfil",
            "returns.read",
            "returns.receive",
            "deliveries.*",
            "imports.read",
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "buyer",
        _("Buyer"),
        (
            "suppliers.*",
            "products.costs",
            "purchasing.read",
            "purchasing.write",
            # Up to the limit that the business sets; it begins at nought.
            "purchasing.approve",
            "stock.receive",
            "imports.read",
            *_SEE_GOODS,
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "accountant",
        _("Accountant"),
        (
            "ledger.*",
            "products.costs",
            "receivables.*",
            "companies.*",
            "documents.*",
            "history.read",
            "reports.*",
            "payments.read",
            "payments.reconcile",
            # Payout files of payment companies.
            "imports.read",
            "payments.pay_out",
            "credit.read",
            "credit.correct",
            "returns.read",
            "orders.read",
            "orders.take_money",
            "customers.read",
            "suppliers.read",
            "purchasing.read",
            "audit.read",
            *_SEE_GOODS,
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "marketer",
        _("Marketer"),
        (
            "products.read",
            "products.change",
            "products.arrange",
            "products.publish",
            # A picture for a product is chosen in the library.
            "media.read",
            "media.upload",
            "carts.read",
            "customers.read",
            "orders.read",
            "stock.read",
            "shipping.read",
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "support",
        _("Support"),
        (
            "orders.read",
            "orders.note",
            "orders.cancel",
            "orders.refund",
            "returns.*",
            "credit.read",
            "credit.block",
            "customers.*",
            "payments.read",
            "documents.read",
            "notifications.read",
            "notifications.send",
            *_SEE_GOODS,
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole("analyst", _("Analyst"), ("*.read", "products.costs")),
    # Parcels on their way from the locations the member is limited to; rounds and assignments come with dispatch.
    ShippedRole("delivery_agent", _("Delivery agent"), ("deliveries.*",)),
)


def find_shipped(code: str) -> ShippedRole | None:
    """The role as the product ships it now, or None for one of the business's own."""
    return next((role for role in SHIPPED_ROLES if role.code == code), None)


def list_new(role: Role) -> list[str]:
    """What the product has added to a role since the business changed it, and nobody has decided about yet."""
    shipped = find_shipped(role.code) if role.is_shipped and role.is_changed else None
    if shipped is None:
        return []
    return sorted(expand(shipped.permissions) - set(role.offered) - expand(role.permissions))
