"""Every write of access, one subject a file."""

from apps.platform.access.services.keys import (
    change_key,
    create_key,
    note_used,
    revoke_key,
    rotate_key,
    warn_of_ending,
)
from apps.platform.access.services.tokens import (
    Pair,
    forget_old_families,
    issue_tokens,
    refresh_tokens,
    revoke_tokens,
)

__all__ = [
    "Pair",
    "change_key",
    "create_key",
    "forget_old_families",
    "issue_tokens",
    "note_used",
    "refresh_tokens",
    "revoke_key",
    "revoke_tokens",
    "rotate_key",
    "warn_of_ending",
]
