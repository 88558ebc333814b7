"""`manage.py verify_books [--business slug]`: do the books of each business say what happened?"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.kernel.tenancy import bind
from apps.money.ledger.verification import verify_books
from apps.platform.businesses.models import Business


class Command(BaseCommand):
    """Prints one line a business and every broken row; exits 1 when there is one."""

    help = "Check that the books balance and agree with stock, orders and events."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the business, or all of them."""
        parser.add_argument("--business", help="only the business with this store address")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        businesses = Business.objects.order_by("slug")
        if options["business"]:
            businesses = businesses.filter(slug=options["business"])
            if not businesses.exists():
                raise CommandError(f"No business has the store address {options['business']}.")
        is_right = True
        for business in businesses:
            with bind(business.pk):
                verdict = verify_books()
            is_right &= verdict.is_right
            state = "right" if verdict.is_right else "WRONG"
            waiting = f", {verdict.waiting} events wait" if verdict.waiting else ""
            self.stdout.write(f"{business.slug}: {state}, {verdict.entries} entries{waiting}")
            for finding in verdict.findings:
                self.stdout.write(f"  {finding.check}: {finding.text}")
        if not is_right:
            sys.exit(1)
