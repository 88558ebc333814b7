"""Every write of the files context."""

from .attaching import attach, detach, remove_comment, write_comment
from .business_pictures import begin_business_picture, set_business_picture
from .holding import Role, hold_file, hold_picture, reconcile, release, show_to_everybody
from .removing import delete_media, drop_failed, record_objects_removed, remove_objects, remove_stale_upload
from .uploading import (
    Announced,
    announce_media,
    announce_upload,
    finish_upload,
    put_bytes,
    receive_bytes,
    set_allowance,
    upload_ticket,
)

__all__ = [
    "Announced",
    "Role",
    "announce_media",
    "announce_upload",
    "attach",
    "begin_business_picture",
    "delete_media",
    "detach",
    "drop_failed",
    "finish_upload",
    "hold_file",
    "hold_picture",
    "put_bytes",
    "receive_bytes",
    "reconcile",
    "record_objects_removed",
    "release",
    "remove_comment",
    "remove_objects",
    "remove_stale_upload",
    "set_allowance",
    "set_business_picture",
    "show_to_everybody",
    "upload_ticket",
    "write_comment",
]
