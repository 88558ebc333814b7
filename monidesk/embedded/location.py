"""Where a cluster's socket is, written down so that settings can find it without starting anything."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from pathlib import Path
from urllib.parse import quote

DATABASE = "monidesk"
# The owner makes the tables; the application's role works with their rows and owns nothing.
OWNER_ROLE = "monidesk"
APP_ROLE = "monidesk_app"
# A Unix socket's address holds 107 bytes on Linux and 103 on macOS, the file's own name included.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")
RECORD = "embedded.json"


def short_name(path: Path) -> str:
    """Return a short name that is always the same for one path."""
    return hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:12]


def socket_folder(home: Path) -> Path:
    """Return the socket folder of a cluster: in its home, or else a short one with a plain name."""
    inside = home / "run"
    # The task queue's library writes the folder into a connection string without quoting it.
    plain = re.fullmatch(r"[\w/.+-]+", str(inside), re.ASCII)
    if plain and len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
        return inside
    for parent in (Path("/run"), Path("/tmp")):  # noqa: S108  (its owner and mode are checked before use)
        if os.access(parent, os.W_OK):
            return parent / f"monidesk-{short_name(home)}"
    raise RuntimeError(
        f"No folder is short enough for a database socket: move MoniDesk nearer to / than {home}"
    )


def check_private(folder: Path, uid: int) -> None:
    """Refuse a socket folder that somebody else made: whoever owns it could stand in for the server."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.geteuid()}:
        raise RuntimeError(f"{folder} belongs to somebody else; remove it so that the database can use it.")


def address(socket: Path, database: str = DATABASE, role: str = OWNER_ROLE) -> str:
    """Return the `DATABASE_URL` for a socket folder. The password is never asked for on the socket."""
    return f"postgresql://{role}:local@{quote(str(socket), safe='')}:5432/{database}"


def write_record(var_dir: Path, home: Path, socket: Path) -> None:
    """Write down where the durable cluster lives."""
    fresh = var_dir / (RECORD + ".new")
    fresh.write_text(json.dumps({"home": str(home), "socket": str(socket)}))
    fresh.replace(var_dir / RECORD)


def recorded_home(var_dir: Path) -> Path | None:
    """Return the home written down at an earlier start, None when there is none."""
    try:
        return Path(json.loads((var_dir / RECORD).read_text())["home"])
    except (OSError, ValueError, KeyError):
        return None


def database_url(var_dir: Path) -> str:
    """Return the application's address of the durable embedded database of a `var` folder; starts nothing."""
    return _durable_address(var_dir, APP_ROLE)


def owner_url(var_dir: Path) -> str:
    """Return the owner's address of the same database, for migrations."""
    return _durable_address(var_dir, OWNER_ROLE)


def _durable_address(var_dir: Path, role: str) -> str:
    socket = socket_folder(recorded_home(var_dir) or var_dir / "postgres")
    return address(socket, role=role)
