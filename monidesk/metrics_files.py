"""Where the processes of one server count together: a folder a server, a file a process, added up at the scrape.

Light on purpose: gunicorn's main process and Celery's read this before anything else is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def root() -> Path:
    """The folder of all servers that share this machine's `var`."""
    var = Path(os.environ.get("MONIDESK_VAR") or ROOT / "var")
    return Path(os.environ.get("METRICS_DIR") or var / "metrics").absolute()


def begin(server: str) -> Path:
    """Make the server's folder anew, before its processes are: what an earlier run counted is over."""
    folder = root() / server
    folder.mkdir(parents=True, exist_ok=True)
    # Only the files: another server on the same folder may be about to make one.
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)
    os.environ[VARIABLE] = str(folder)
    from prometheus_client import values

    # The library decides when it is first read, and an import may have come before this.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
    return folder


def is_shared() -> bool:
    """Whether this process counts into files."""
    return bool(os.environ.get(VARIABLE))


def files() -> list[str]:
    """The files of every server that shares the folder."""
    return sorted(str(path) for path in _folders_files())


def _folders_files() -> Iterator[Path]:
    own = Path(os.environ[VARIABLE])
    yield from own.parent.glob("*/*.db") if own.parent == root() else own.glob("*.db")


def forget(pid: int) -> None:
    """A process ended: what it counted stays counted, what it merely held is dropped."""
    if is_shared():
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


def serve_if_asked(server: str) -> None:
    """Answer scrapes at METRICS_PORT, to this machine only unless METRICS_HOST says otherwise."""
    port = os.environ.get("METRICS_PORT")
    if not port:
        return
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(root() / server))  # type: ignore[no-untyped-call]
    start_http_server(int(port), os.environ.get("METRICS_HOST") or "127.0.0.1", registry=registry)
