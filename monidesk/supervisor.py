"""Keeps a handful of programs running in the foreground and stops them together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

STEADY_AFTER = 30.0
LONGEST_PAUSE = 30.0
STOP_SECONDS = 20.0


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)


@dataclass
class Program:
    """One program of the group and how often it had to be started."""

    name: str
    command: list[str]
    log: Path
    before_restart: Callable[[], object] = lambda: None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    start_again_at: float | None = field(default=None)

    def start(self, environment: dict[str, str]) -> None:
        """Start it; what it says goes to its log file."""
        with self.log.open("ab") as handle:
            # A session of its own: Ctrl-C reaches the supervisor only, who stops all in order.
            self.process = subprocess.Popen(
                self.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=handle,
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        self.start_again_at = None

    def end(self, number: int) -> None:
        """Send a signal to the program; for the hard one to everything it started as well."""
        if self.process is None or self.process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)

    def last_words(self) -> str:
        """Return the end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
        except OSError:
            return ""


class Supervisor:
    """Starts programs, starts them again with growing pauses when they die, stops them all."""

    def __init__(self, programs: list[Program], environment: dict[str, str], record: Path) -> None:
        self.programs = programs
        self.environment = environment
        self.record = record
        self.stopping = False

    def start(self) -> None:
        """Start everything."""
        for one in self.programs:
            one.start(self.environment)
        self.write_record()

    def write_record(self) -> None:
        """Write down what runs, so that the next supervisor can end it should this one be killed."""
        running = []
        for one in self.programs:
            with contextlib.suppress(psutil.Error):
                if one.process is not None:
                    running.append([one.process.pid, psutil.Process(one.process.pid).create_time()])
        self.record.write_text(json.dumps(running))

    def watch(self, also: Callable[[], object]) -> None:
        """Look after the programs until asked to stop; `also` is called each second."""
        while not self.stopping:
            also()
            for one in self.programs:
                self.look_after(one)
            time.sleep(1)

    def look_after(self, one: Program) -> None:
        """Notice a death, say it, and start the program again when its pause is over."""
        if one.process is None:
            one.start(self.environment)
            return
        if one.process.poll() is None:
            if one.failures and time.monotonic() - one.started_at > STEADY_AFTER:
                one.failures = 0
            return
        if one.start_again_at is None:
            # What it started itself goes with it: a second web server cannot share the first one's port.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(one.process.pid, signal.SIGKILL)
            pause = min(2.0**one.failures, LONGEST_PAUSE) if one.failures else 0.0
            one.failures += 1
            one.start_again_at = time.monotonic() + pause
            wait = f" in {pause:.0f} seconds" if pause else ""
            say(f"The {one.name} ended ({describe_exit(one.process.returncode)}); it is started again{wait}.")
            if one.failures > 2:
                say(f"The last lines of {one.log}:\n{one.last_words()}")
        if time.monotonic() >= one.start_again_at:
            try:
                one.before_restart()
            except Exception as problem:
                say(f"Before starting the {one.name} again: {problem}")
            one.start(self.environment)
            self.write_record()

    def stop(self) -> None:
        """Ask every program to end, wait, and end by force what has not."""
        self.stopping = True
        for one in reversed(self.programs):
            one.end(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for one in reversed(self.programs):
            if one.process is None:
                continue
            try:
                one.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                say(f"The {one.name} did not stop by itself and was ended.")
                one.end(signal.SIGKILL)
                one.process.wait(5)
        self.record.unlink(missing_ok=True)


def end_leftovers(record: Path) -> int:
    """End the programs of a supervisor that was killed, and return how many there were.

    A number alone proves nothing, another program may have it by now: the time of its start must agree.
    """
    try:
        written = json.loads(record.read_text())
    except (OSError, ValueError):
        return 0
    found = []
    for pid, started in written:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if abs(process.create_time() - started) < 1:
                found.append(process)
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    for process in psutil.wait_procs(found, timeout=STOP_SECONDS)[1]:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    record.unlink(missing_ok=True)
    return len(found)


def describe_exit(code: int) -> str:
    """Say in words how a program ended."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def python(*words: str) -> list[str]:
    """Return a command that runs a module in this environment."""
    return [sys.executable, "-m", *words]
