"""Every write of imports: the job's own life, and one product at a time."""

from apps.goods.imports.services.editing import apply_edit, discard_edit, preview_edit
from apps.goods.imports.services.forgetting import forget_file, give_up_files, set_file_retention
from apps.goods.imports.services.giving import enter_export
from apps.goods.imports.services.jobs import cancel_job, check_job, run_job, upload_file
from apps.goods.imports.services.mappings import delete_mapping
from apps.goods.imports.services.products import import_products
from apps.goods.imports.services.running import fail_job, work_through
from apps.goods.imports.services.undoing import undo_batch, undo_through

__all__ = [
    "apply_edit",
    "cancel_job",
    "check_job",
    "delete_mapping",
    "discard_edit",
    "enter_export",
    "fail_job",
    "forget_file",
    "give_up_files",
    "import_products",
    "preview_edit",
    "run_job",
    "set_file_retention",
    "undo_batch",
    "undo_through",
    "upload_file",
    "work_through",
]
