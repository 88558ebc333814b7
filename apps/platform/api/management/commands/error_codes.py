"""Write the table of error codes into docs/api.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.platform.api.codes import as_table

BEGIN, END = "<!-- codes: written by `make contract` -->", "<!-- end of codes -->"


def with_table(text: str) -> str:
    """The document with the table as the code has it now."""
    head, _begin, rest = text.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{as_table()}\n{END}{tail}"


class Command(BaseCommand):
    help = "Write the table of error codes into docs/api.md."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "api.md"
        path.write_text(with_table(path.read_text()))
        self.stdout.write(f"{path} holds the codes of now.")
