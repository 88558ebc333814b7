from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.goods.inventory.models import StockBalance
from apps.goods.inventory.selectors import list_across_broken_balances, list_across_broken_lots
from apps.kernel.tenancy import crossing


class Command(BaseCommand):
    help = "Compare every stock balance with the sum of its movements; name the rows that differ and exit with 1."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = [*list_across_broken_balances(), *list_across_broken_lots()]
        for variant_id, location_id, differences in broken:
            for name, (balance, ledger) in differences.items():
                self.stdout.write(
                    f"variant {variant_id} at {location_id}: {name} is {balance}, the ledger says {ledger}"
                )
        if broken:
            raise CommandError(f"{len(broken)} balances differ from the ledger.", returncode=1)
        with crossing("stock.reconcile"):
            count = StockBalance.unscoped.count()
        self.stdout.write(f"{count} balances agree with the ledger.")
