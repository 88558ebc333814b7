"""Every write of the files context."""

from .attaching import attach, detach, remove_comment, write_comment
from .removing import delete_media, record_objects_removed, remove_objects, remove_stale_upload
from .uploading import Announced, announce_upload, finish_upload, receive_bytes, set_allowance

__all__ = [
    "Announced",
    "announce_upload",
    "attach",
    "delete_media",
    "detach",
    "finish_upload",
    "receive_bytes",
    "record_objects_removed",
    "remove_comment",
    "remove_objects",
    "remove_stale_upload",
    "set_allowance",
    "write_comment",
]
