"""Waking the importer: a hint that saves waiting. The scheduled run finds every import that waits anyway."""

from __future__ import annotations

import logging

from django.conf import settings

log = logging.getLogger(__name__)


def wake_importer() -> None:
    """Ask a worker to take up waiting imports now. Failing to ask is harmless."""
    if not getattr(settings, "OUTBOX_WAKE", True):
        return
    from apps.goods.imports.tasks import advance_imports

    try:
        advance_imports.apply_async(retry=False, expires=5)  # the scheduled run has come by then
    except Exception:
        log.warning("The importer could not be woken; the scheduled run will import.", exc_info=True)
