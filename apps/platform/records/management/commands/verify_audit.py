"""`manage.py verify_audit`: recompute every audit chain, read every archive, and name what does not hold."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.kernel.audit import broken_links
from apps.kernel.models import AuditEntry
from apps.kernel.tenancy import crossing
from apps.platform.records.models import AuditArchive
from apps.platform.records.verification import archive_faults, describe


class Command(BaseCommand):
    help = "Checks every audit chain and archive; names each broken entry and file and exits with 1 when there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = broken_links()
        about = describe([link.entry_id for link in broken if link.entry_id])
        for link in broken:
            words = (
                f"{link.entry_id}, {about[link.entry_id]}" if link.entry_id in about else str(link.entry_id)
            )
            self.stderr.write(f"chain {link.chain} entry {link.sequence} ({words}): {link.fault}")
        faults = archive_faults()
        for fault in faults:
            entry = "" if fault.sequence is None else f" entry {fault.sequence}"
            self.stderr.write(f"chain {fault.chain} archive {fault.file or '(none)'}{entry}: {fault.fault}")
        if broken or faults:
            raise CommandError(f"{len(broken)} broken links, {len(faults)} faults of archives.")
        with crossing("audit.verify"):
            count, archives = AuditEntry.objects.count(), AuditArchive.objects.count()
        self.stdout.write(f"{count} entries, all chains hold.")
        if archives:
            self.stdout.write(f"{archives} archives, all whole and without a gap.")
