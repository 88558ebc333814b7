"""Whoever reads who did something reads a name or a plain word, never that of a part of the program."""

from __future__ import annotations

import re
from pathlib import Path

from apps.kernel.actors import say_who

ROOT = Path(__file__).parents[2]
SIGNED = re.compile(r'Actor\.system\(\s*"([^"]+)"')


def test_every_part_that_signs_has_a_plain_name() -> None:
    names = {
        name
        for path in [*ROOT.glob("apps/**/*.py"), *ROOT.glob("monidesk/**/*.py")]
        for name in SIGNED.findall(path.read_text())
    }
    assert len(names) > 20
    assert {name for name in names if say_who(name) == name} == set()


def test_people_and_programs_keep_their_names() -> None:
    assert [say_who(name) for name in ("Ada Obi", "ada@example.com", "Till app", "")] == [
        "Ada Obi", "ada@example.com", "Till app", ""
    ]  # fmt: skip
    assert say_who("orders") == "MoniDesk"
    assert say_who("buyer") == "The buyer"
