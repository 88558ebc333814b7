"""Every write of this context."""

from apps.platform.privacy.services.erasing import close_account, erase_customer
from apps.platform.privacy.services.exporting import (
    enter_download,
    export_account,
    export_customer,
    remove_export,
)

__all__ = [
    "close_account",
    "enter_download",
    "erase_customer",
    "export_account",
    "export_customer",
    "remove_export",
]
