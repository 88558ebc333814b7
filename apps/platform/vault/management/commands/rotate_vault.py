"""`manage.py rotate_vault`: encrypt everything under the first key of VAULT_KEYS. May be stopped at any time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.kernel.actors import Actor
from apps.platform.vault.keys import VaultUnavailable, current_version
from apps.platform.vault.selectors import list_across_businesses_to_rotate, list_across_key_versions
from apps.platform.vault.services import rotate_batch


class Command(BaseCommand):
    help = "Encrypt all secrets under the current key, in batches that are each complete."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=100, help="rows in one transaction (default 100)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError("A batch has at least one row.")
        try:
            target = current_version()
        except VaultUnavailable as error:
            raise CommandError(str(error)) from None
        done, failed = 0, []
        for business_id in list_across_businesses_to_rotate(target):
            actor = Actor.system("rotate_vault", business_id)
            unreadable: list[str] = []
            while True:
                batch = rotate_batch(actor, limit=options["batch"], skip=list(unreadable))
                done += batch.done
                failed += batch.failed
                unreadable += batch.failed_ids
                if not batch.done and not batch.failed:
                    break
                self.stdout.write(f"{done} secrets are under key {target}.")
        for fault in failed:
            self.stderr.write(fault)
        self.stdout.write(f"Done: {done} moved to key {target}, {len(failed)} could not be opened.")
        self.stdout.write(f"Keys in use: {', '.join(list_across_key_versions()) or 'none'}.")
        if failed:
            raise CommandError(f"{len(failed)} secrets could not be opened; they are left as they were.")
