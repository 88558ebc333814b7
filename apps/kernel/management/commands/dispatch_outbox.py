"""`manage.py dispatch_outbox`: deliver events, once or as a long-running process."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.kernel.outbox import depth, drain


class Command(BaseCommand):
    help = "Delivers what waits in the outbox; with --forever goes on until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forever", action="store_true")
        parser.add_argument("--pause", type=float, default=0.2, help="seconds to wait when nothing is due")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            tried = drain()
            if not options["forever"]:
                state = depth()
                self.stdout.write(f"{tried} tried, {state.waiting} waiting, {state.parked} parked.")
                return
            if not tried:
                time.sleep(options["pause"])
