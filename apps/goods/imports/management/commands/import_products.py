from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.goods.imports.selectors import list_errors
from apps.goods.imports.services import check_job, run_job, upload_file, work_through
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.tenancy import bind
from apps.platform.businesses.selectors import find_business_by_slug


class Command(BaseCommand):
    help = "Import products from a Shopify product CSV, or only say what would be imported."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--business", required=True, help="the store address (slug) of the business")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, only report")
        parser.add_argument(
            "--drafts", action="store_true", help="new products are drafts, whatever the file says"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        business = find_business_by_slug(options["business"])
        if business is None:
            raise CommandError(f"There is no business “{options['business']}”.")
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        actor = Actor.system("import_products", business.pk)
        try:
            with path.open("rb") as file:
                job = upload_file(
                    actor, file=file, name=path.name, size=path.stat().st_size, as_drafts=options["drafts"]
                )
            check_job(actor, job_id=job.pk)
            done = work_through(job.pk, business.pk)
            if not options["dry_run"]:
                run_job(actor, job_id=job.pk)
                done = work_through(job.pk, business.pk)
        except DomainError as error:
            raise CommandError(f"{error.message} {error.remedy}".strip()) from error
        if done is None:
            raise CommandError("Another worker has taken this import; see its page in the back office.")
        if done.state == done.State.FAILED:
            raise CommandError(done.failure)
        with bind(business.pk):
            for row_error in list_errors(done):
                self.stdout.write(
                    f"row {row_error.row}, {row_error.column or 'whole row'}: {row_error.message}"
                )
        self.stdout.write(
            f"{'Would be: ' if options['dry_run'] else ''}{done.created_count} created, "
            f"{done.updated_count} updated, {done.unchanged_count} unchanged, {done.rejected_count} rejected"
        )
        if done.rejected_count:
            raise CommandError(f"{done.rejected_count} products were rejected.", returncode=1)
