"""Every write of this context."""

from apps.platform.records.services.archiving import archive_chain
from apps.platform.records.services.keeping import enter_export, set_retention

__all__ = ["archive_chain", "enter_export", "set_retention"]
