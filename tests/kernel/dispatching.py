"""The product's own dispatcher in processes of its own, with steps of the probe that take long or take it down."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
SLOW_STEP = 70
DEADLY_STEP = 130
SLOW_SECONDS = 2.0
DIED_TOO_OFTEN = 3


def environment() -> dict[str, str]:
    """The surroundings of a server on the test's own database."""
    from tests.stories.house import _NOT_FOR_SERVERS, _database_url

    kept = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_SERVERS}
    role = connection.settings_dict["OPTIONS"].get("assume_role", "")
    return {**kept, "DATABASE_URL": _database_url(), "DATABASE_ROLE": role, "PYTHONPATH": str(ROOT)}


@contextmanager
def dispatcher(folder: Path, *words: str, starts: int = 1, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A dispatcher that runs within the block and ends well when asked to; a dead one is started again so often."""
    log = folder / f"dispatcher-{time.monotonic_ns()}.log"
    command = [sys.executable, "-m", "tests.kernel.dispatching", str(starts), *words]
    with log.open("ab") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**environment(), **more}, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield process
        if process.poll() == DIED_TOO_OFTEN:
            return
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text()[-3000:]
    finally:
        # Its child as well.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _take_with_trouble(usual: Callable[..., None]) -> Callable[..., None]:
    def take(subscriber: str, fact: object) -> None:
        step = fact.step  # type: ignore[attr-defined]
        if subscriber == "first" and step == DEADLY_STEP:
            os.kill(os.getpid(), signal.SIGKILL)
        if subscriber == "first" and step == SLOW_STEP:
            time.sleep(SLOW_SECONDS)
        usual(subscriber, fact)

    return take


def main(starts: int, words: list[str]) -> None:
    """Run the command in a child, and again when the child was killed: what a supervisor does, without its pauses."""
    import django

    django.setup()
    from django.core.management import call_command

    from apps.kernel import outbox, rounds
    from tests.kernel import probe

    probe._take = _take_with_trouble(probe._take)  # type: ignore[assignment]
    # The pauses between attempts are somebody else's test.
    outbox.pause_after = lambda _attempts: dt.timedelta(0)  # type: ignore[assignment]
    if os.environ.get("FORGET_THE_DEAD"):
        rounds.take_over = lambda _count: None  # type: ignore[assignment]
    for _start in range(starts):
        child = os.fork()
        if child == 0:
            call_command("dispatch_outbox", *words)
            sys.stdout.flush()
            os._exit(0)
        signal.signal(signal.SIGTERM, lambda *_signal, child=child: os.kill(child, signal.SIGTERM))
        _pid, status = os.waitpid(child, 0)
        if status == 0:
            return
    sys.exit(DIED_TOO_OFTEN)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
