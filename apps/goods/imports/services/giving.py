"""Entering that somebody takes the catalogue away as a file."""

from __future__ import annotations

from dataclasses import asdict

from apps.goods.imports.exporting import Wanted, find_wanted
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.use_cases import use_case


@use_case(permission="imports.export", audits="imports.exported")
def enter_export(actor: Actor, *, wanted: Wanted, format_name: str, file_type: str) -> int:
    """Enter that a file of these products is taken away, and return how many they are; none: nothing is entered.

    Committed before the file is written: a long file must not hold up whoever else enters something.
    """
    count = find_wanted(wanted).count()
    if count:
        chosen = {name: str(value) for name, value in asdict(wanted).items() if value}
        audit.record(
            actor, "imports.exported",
            after={"format": format_name, "file type": file_type, "products": count, **chosen},
        )  # fmt: skip
    return count
