"""`manage.py demo_data`: make the demo businesses, or take them away."""

from __future__ import annotations

import subprocess
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.platform.businesses.models import Business
from monidesk.demo.furnish import login_of
from monidesk.demo.people import DEMO_PASSWORD, STAFF
from monidesk.demo.removal import remove_demo_businesses
from monidesk.demo.shops import SHOPS, Shop
from monidesk.demo.year import hurry, make_past

DAYS = 365
SEED = 7


class Command(BaseCommand):
    help = "Makes two demo businesses with a year of trade; does nothing for those that are there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--remove", action="store_true", help="delete every demo business with all its rows"
        )
        parser.add_argument("--show-logins", action="store_true", help="print who can sign in, and end")
        parser.add_argument("--shop", choices=[shop.slug for shop in SHOPS], help="only this business")
        parser.add_argument("--days", type=int, default=DAYS, help="how many days of trade (default 365)")
        parser.add_argument("--seed", type=int, default=SEED, help="one seed is one year of trade")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["show_logins"]:
            self._show_logins()
        elif options["remove"]:
            names = remove_demo_businesses(options["shop"])
            self.stdout.write(f"Removed: {', '.join(names) or 'nothing, there was no demo business'}.")
        elif options["shop"]:
            shop = next(shop for shop in SHOPS if shop.slug == options["shop"])
            self._make(shop, options["days"], options["seed"])
        else:
            self._make_all(options)

    def _make_all(self, options: dict[str, Any]) -> None:
        """One process for each business: they share no rows."""
        missing = [shop for shop in SHOPS if not Business.objects.filter(slug=shop.slug).exists()]
        if not missing:
            self.stdout.write("The demo businesses are there already.")
            return
        begin = time.monotonic()
        self.stdout.write(f"Making a year of trade for {' and '.join(shop.name for shop in missing)} …")
        common = ["--days", str(options["days"]), "--seed", str(options["seed"])]
        running = [
            subprocess.Popen([sys.executable, "manage.py", "demo_data", "--shop", shop.slug, *common],
                             cwd=settings.BASE_DIR)
            for shop in missing
        ]  # fmt: skip
        failed = [process for process in running if process.wait()]
        if failed:
            raise CommandError(
                "A demo business could not be made; run `manage.py demo_data --remove`, then again."
            )
        self.stdout.write(f"Done in {time.monotonic() - begin:.0f} seconds.")

    def _make(self, shop: Shop, days: int, seed: int) -> None:
        if Business.objects.filter(slug=shop.slug).exists():
            self.stdout.write(f"{shop.name} is there already.")
            return
        hurry()
        _business, orders = make_past(shop, days, seed)
        self.stdout.write(f"{shop.name}: {orders} orders in {days} days.")

    def _show_logins(self) -> None:
        for shop in SHOPS:
            if Business.objects.filter(slug=shop.slug).exists():
                self.stdout.write(f"  {shop.name}  /store/{shop.slug}/")
                for role, _name, box in STAFF:
                    self.stdout.write(f"    {role:<14} {login_of(shop, box)}")
        self.stdout.write(f"  Password of everybody: {DEMO_PASSWORD}")
