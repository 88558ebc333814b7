"""`manage.py dispatch_outbox`: deliver events, once or as a long-running process."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections, connection

from apps.kernel.bell import Listener
from apps.kernel.outbox import depth, drain

log = logging.getLogger(__name__)
# A restarting database is asked again after this.
_PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    help = (
        "Delivers what waits in the outbox; with --forever waits for more until it is told to end (SIGTERM)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forever", action="store_true")
        parser.add_argument(
            "--poll",
            type=float,
            default=5.0,
            help="seconds after which it looks even if nobody rang: for lost calls and attempts that are due again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["forever"]:
            self._serve(Listener(options["poll"]))
            return
        tried = drain()
        state = depth()
        self.stdout.write(f"{tried} tried, {state.waiting} waiting, {state.parked} parked.")

    def _serve(self, listener: Listener) -> None:
        if threading.current_thread() is threading.main_thread():
            # The delivery that is going on is brought to its end; nothing is taken after it.
            signal.signal(signal.SIGTERM, listener.end)
            signal.signal(signal.SIGINT, listener.end)
        try:
            while not listener.is_ending:
                # Listening first: what is committed after the look rings.
                listener.listen()
                listener.wait(self._look(listener))
        finally:
            listener.close()

    def _look(self, listener: Listener) -> float | None:
        """Deliver all that is due; returns how long to wait when that could not be done."""
        try:
            close_old_connections()
            drain(seconds=float("inf"), stop=lambda: listener.is_ending)
        except Error as error:
            log.warning("The outbox cannot be read now: %s", error)
            connection.close()
            return _PAUSE_SECONDS
        return None
