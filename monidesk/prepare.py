"""Bring a database and the static files to the state of the code: `python -m monidesk.prepare`.

The demo, the container image's migration step and a hand on a server all run this one.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path


def fingerprint(folders: list[Path]) -> str:
    """Return a value that changes when any file below changes its name, size or time."""
    seen = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found = path.stat()
                seen.update(f"{path}|{found.st_size}|{found.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def migrate() -> None:
    """Apply what is missing: tables first, then the queue inside PostgreSQL when it is the one in use."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from apps.kernel import database_roles
    from monidesk import task_queue

    call_command("migrate", verbosity=0, interactive=False)
    if settings.CELERY_BROKER_URL.startswith("pgmq"):
        database = settings.DATABASES["default"]
        owner = task_queue.connection_string({**database, **database["OWNER"]})
        task_queue.install(owner, role=database_roles.app_role(connections["default"]))


def collect_static() -> None:
    """Gather the static files unless nothing has changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    libraries = Path(sys.prefix) / ".requirements.txt.installed"
    now = fingerprint([Path(folder) for folder in settings.STATICFILES_DIRS])
    now += libraries.read_text() if libraries.exists() else ""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.exists() and stamp.read_text() == now:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(now)


def main() -> None:
    """Migrate, and collect unless the image brought its static files with it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monidesk.settings")
    import django

    django.setup()
    migrate()
    if "--migrate-only" not in sys.argv:
        collect_static()


if __name__ == "__main__":
    main()
