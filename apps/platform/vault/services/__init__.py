"""Every write of the vault, and the one way to a secret's value."""

from .keeping import forget_secret, keep_secret, replace_secret
from .rotating import RotatedBatch, rotate_batch
from .using import accepted_secrets, note_use, open_secret

__all__ = [
    "RotatedBatch",
    "accepted_secrets",
    "forget_secret",
    "keep_secret",
    "note_use",
    "open_secret",
    "replace_secret",
    "rotate_batch",
]
