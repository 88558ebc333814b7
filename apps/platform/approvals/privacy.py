"""Approvals keep a hash of a number that nobody can read back."""

from __future__ import annotations

from apps.kernel.privacy import impersonal

impersonal("approvals.rolecap", "act", because="the name of an act in the code")
impersonal("approvals.approvalpin", "pin_hash", because="a salted hash, deleted with the membership")
