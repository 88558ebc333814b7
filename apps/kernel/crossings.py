"""The names under which the rows of all businesses may be read or written, each with its reason.

The list is short on purpose and complete: `tenancy.crossing` lets no other name through, and
tests/architecture keeps each name inside the files given here.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import UndeclaredCrossing

if TYPE_CHECKING:
    from .actors import Actor

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Crossing:
    """Why a crossing is made, in which files, and whether a person makes it (and must be written down)."""

    reason: str
    files: tuple[str, ...]
    by_person: bool = False


DECLARED: dict[str, Crossing] = {
    "outbox.due": Crossing(
        "the dispatcher looks for due events of all businesses; each is delivered under its own",
        ("apps/kernel/outbox.py",),
    ),
    "outbox.counted": Crossing(
        "who runs the platform reads how many events were told, wait and are parked; no row of a business",
        ("apps/kernel/event_types.py",),
    ),
    "outbox.parked": Crossing(
        "a platform administrator looks at what is parked, whoever it belongs to",
        ("apps/platform/backoffice/selectors.py",),
        by_person=True,
    ),
    "kernel.purge": Crossing(
        "old keys and delivered events are dropped by age, whoever they belong to", ("apps/kernel/tasks.py",)
    ),
    "audit.verify": Crossing(
        "the check of every audit chain",
        (
            "apps/kernel/audit.py",
            "apps/platform/records/verification.py",
            "apps/platform/records/management/commands/verify_audit.py",
        ),
    ),
    "privacy.exports": Crossing(
        "files with people's data are removed when their week is over, whoever made them",
        ("apps/platform/privacy/selectors.py",),
    ),
    "audit.archives": Crossing(
        "the clock asks which chains there are; each is archived under its own business",
        ("apps/platform/records/selectors.py",),
    ),
    "roles.follow": Crossing(
        "after a migrate the roles that no business changed become what the product ships now",
        ("apps/platform/businesses/services/following.py",),
    ),
    "people.memberships": Crossing(
        "a person's businesses are asked for before one of them is bound",
        ("apps/platform/businesses/selectors.py", "apps/platform/accounts/models.py"),
    ),
    "people.invitation": Crossing(
        "the signed link of an invitation names the membership before a business is known",
        ("apps/platform/businesses/invitations.py",),
    ),
    "access.caller": Crossing(
        "a token or a key says itself which business it is for, before one is bound",
        ("apps/platform/access/selectors.py",),
    ),
    "media.address": Crossing(
        "a signed address of a file names no business, the signature is the permission; nor does the lasting one of a "
        "picture that everybody may see",
        ("apps/platform/media/selectors.py",),
    ),
    "orders.token": Crossing(
        "the secret in an order's link is the permission, whatever the business",
        ("apps/selling/orders/selectors.py",),
    ),
    "purchasing.token": Crossing(
        "the secret in the link that a supplier was mailed is the permission, whatever the business",
        ("apps/goods/purchasing/selectors.py",),
    ),
    "tasks.due": Crossing(
        "scheduled tasks look for what is due anywhere; each row is worked on under its own business",
        (
            "apps/platform/notifications/selectors.py",
            "apps/platform/access/selectors.py",
            "apps/platform/alerts/selectors.py",
            "apps/platform/media/selectors.py",
            "apps/goods/imports/selectors.py",
            "apps/goods/inventory/selectors.py",
            "apps/selling/shipping/selectors.py",
            "apps/goods/catalog/tasks.py",
            "apps/selling/checkout/selectors.py",
            "apps/selling/orders/selectors.py",
            "apps/money/receivables/selectors.py",
            "apps/selling/payments/selectors.py",
            "apps/selling/credit/selectors.py",
            "apps/selling/pricing/selectors.py",
        ),
    ),
    "checkout.sellers": Crossing(
        "a cart may hold goods of several sellers, whose titles and prices are read together",
        ("apps/selling/checkout/items.py",),
    ),
    "stock.reconcile": Crossing(
        "the check of every stock balance against the ledger",
        ("apps/goods/inventory/selectors.py", "apps/goods/inventory/management/commands/reconcile_stock.py"),
    ),
    "demo.removal": Crossing(
        "a demo business is taken away with every row, its people's memberships elsewhere are looked at",
        ("monidesk/demo/removal.py",),
    ),
    "database.migrate": Crossing(
        "migrations change the rows of every business", ("apps/kernel/database_roles.py",)
    ),
    "database.commit": Crossing(
        "checks put off to the commit look at every row the transaction wrote, under several businesses",
        ("apps/kernel/postgres/telling.py",),
    ),
    "platform.search": Crossing(
        "a platform administrator looks for a business by its owner's address",
        ("apps/platform/businesses/selectors.py",),
        by_person=True,
    ),
    "vault.rotate": Crossing(
        "the change of keys looks for secrets of all businesses; each is sealed anew under its own",
        ("apps/platform/vault/selectors.py",),
    ),
    "flags.choices": Crossing(
        "who runs the platform sees for which businesses a flag was decided",
        ("apps/platform/flags/selectors.py",),
    ),
    "metrics.gauges": Crossing(
        "how much waits or is low over all businesses together: one number each, never whose it is",
        (
            "apps/platform/notifications/selectors.py",
            "apps/goods/inventory/selectors.py",
            "apps/selling/payments/selectors.py",
        ),
    ),
    "tests": Crossing("a test's own look-ups, outside of the product's code", ("tests/",)),
}

# How often each crossing was made in this process; read by whoever shows metrics.
made: Counter[str] = Counter()


def enter(name: str, actor: Actor | None, reason: str) -> None:
    """Let a declared crossing through and note it.

    Raises `UndeclaredCrossing` for a name that is not declared, and for a person's crossing without the person.
    """
    declared = DECLARED.get(name)
    if declared is None:
        raise UndeclaredCrossing(f"The crossing {name!r} is not declared in apps/kernel/crossings.py.")
    if declared.by_person and (actor is None or not reason.strip()):
        raise UndeclaredCrossing(f"The crossing {name!r} is a person's: it needs the actor and a reason.")
    made[name] += 1
    if declared.by_person:
        from .audit import record_crossing

        assert actor is not None  # noqa: S101  (checked above)
        record_crossing(actor, name, reason)
        # The audit entry has the name; a log line has ids only.
        log.info("Crossing %s by %s", name, actor.id, extra={"crossing": name})
    else:
        log.debug("Crossing %s", name, extra={"crossing": name})
