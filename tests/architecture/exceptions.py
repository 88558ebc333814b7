"""Places that may break a rule, each with its reason. One that is no longer needed fails the tests.

Write `(rule's name, path): "reason"`. Prefer to keep the rule.
"""

from __future__ import annotations

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("writes stand in services", "apps/platform/accounts/models.py"): (
        "Django's createsuperuser and allauth call the user manager by this name; people are made by register_user"
    ),
    ("writes stand in services", "apps/selling/sandboxpay/delivery.py"): (
        "the pretend company's courier: claim, call, record; it stands for somebody else's system"
    ),
    ("one place opens transactions", "apps/platform/accounts/services/registering.py"): (
        "a savepoint inside the use case, so that losing a race for an address leaves the transaction usable"
    ),
    ("one place opens transactions", "apps/money/ledger/verification.py"): (
        "a read-only snapshot: a sale between two sums would look like a fault"
    ),
    ("tenants are crossed by name", "apps/platform/businesses/invitations.py"): (
        "the signed token of an invitation names the membership before any business is known"
    ),
    ("tenants are crossed by name", "apps/platform/businesses/selectors.py"): (
        "a person's memberships and an upper app's default location are asked for before a business is bound"
    ),
    ("tenants are crossed by name", "apps/platform/businesses/services/signing_up.py"): (
        "the new owner's membership is returned to a visitor who has no business yet"
    ),
}
