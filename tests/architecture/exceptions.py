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
    ("writes stand in services", "apps/selling/payments/providers/stripe.py"): (
        "Stripe's library names its calls so: they are written at Stripe, not in our tables"
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
}
