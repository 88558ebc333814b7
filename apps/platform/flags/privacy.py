"""Flags know businesses, not people."""

from __future__ import annotations

from apps.kernel.privacy import impersonal

for _model in ("flags.rollout", "flags.choice"):
    impersonal(_model, "name", because="the name of a flag in the code")
