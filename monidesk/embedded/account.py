"""The operating-system user that runs the server: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

OWN_USER = "monidesk-db"
EXISTING_USERS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Who runs the server's programs."""

    uid: int
    gid: int
    name: str

    @property
    def is_me(self) -> bool:
        """Say whether the programs run as the present user."""
        return self.uid == os.geteuid()

    def run(self, command: Sequence[str | Path], *, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command as this user and return its result, whatever it is."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PG") and name not in {"HOME", "DATABASE_URL", "SECRET_KEY"}
        }
        return subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            # The server must not hold on to a folder its user cannot read, nor to the terminal.
            cwd="/",
            env={**environment, "LC_ALL": "C.UTF-8", "HOME": "/"},
            user=None if self.is_me else self.uid,
            group=None if self.is_me else self.gid,
            extra_groups=None if self.is_me else [],
        )

    def reaches(self, folder: Path) -> bool:
        """Say whether this user can pass into a folder without any permission being changed."""
        if self.is_me:
            return os.access(folder, os.X_OK)
        return self.run(["/bin/sh", "-c", 'test -x "$1"', "sh", folder]).returncode == 0

    def own(self, path: Path, mode: int) -> None:
        """Give one file or folder to this user with exactly this mode."""
        if not self.is_me:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=name)


def _create() -> Account | None:
    if shutil.which("useradd") is None:
        return None
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/", "--shell", "/usr/sbin/nologin"]
    subprocess.run([*command, OWN_USER], capture_output=True, check=False)
    return _named(OWN_USER)


def server_account() -> Account:
    """Return the present user, or for root an unprivileged one (its own, made when missing)."""
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), name=pwd.getpwuid(os.geteuid()).pw_name)
    found = _named(OWN_USER) or _create()
    for name in EXISTING_USERS:
        found = found or _named(name)
    if found is None:
        raise RuntimeError("PostgreSQL refuses to run as root, and no other user could be made or found.")
    return found
