"""Everything known of a person, as plain values and as a ZIP of JSON, a readable page and files."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.apps import apps
from django.db.models import Field
from django.template.loader import render_to_string
from pydantic_core import to_jsonable_python

from apps.kernel import clock, tenancy
from apps.kernel.privacy import Person, Personal
from apps.platform.businesses.models import Business
from apps.platform.privacy.selectors import scopes, tables_in

CHUNK = 500
# What is larger is listed and not copied; a person who wants it asks for it by itself.
MOST_FILE_BYTES = 500 * 1024**2


def gather(person: Person) -> list[dict[str, Any]]:
    """Each table with the person's rows: what stands in them but for secrets, and the business they are of.

    `labels` says what the columns are called; keys of other rows have none and are for programs.
    """
    found = []
    for business_id in scopes(person):
        with tenancy.bind(business_id):
            name = Business.objects.get(pk=business_id).name if business_id else ""
            for table in tables_in(person, business_id):
                rows = [_plain(table, row) for row in table.rows(person).iterator(chunk_size=CHUNK)]
                if rows:
                    found.append(
                        {
                            "what": str(table.title),
                            "table": table.model,
                            "business": name,
                            "labels": _labels(table),
                            "rows": rows,
                        }
                    )
    return found


def write_zip(person: Person, target: IO[bytes]) -> None:
    """`data.json`, `index.html` and the person's files."""
    tables = gather(person)
    about = {
        "person": person.label,
        "kind": person.kind,
        "made_at": clock.now().isoformat(),
        "tables": tables,
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("data.json", json.dumps(about, ensure_ascii=False, indent=1))
        to_read = {**about, "tables": _to_read(tables)}
        packed.writestr("index.html", render_to_string("privacy/export.html", {"about": to_read}))
        room = MOST_FILE_BYTES
        for name, size, open_file in _files(person):
            if size > room:
                packed.writestr(f"files/{name}.left-out.txt", f"{size} bytes: too large to be copied here.\n")
                continue
            room -= size
            with open_file() as source, packed.open(f"files/{name}", "w") as copy:
                shutil.copyfileobj(source, copy)


def _files(person: Person) -> Iterator[tuple[str, int, Any]]:
    number = 0
    for business_id in scopes(person):
        with tenancy.bind(business_id):
            for table in tables_in(person, business_id):
                for row in table.rows(person) if table.files else ():
                    for name, open_file in table.files(row):  # type: ignore[misc]
                        number += 1
                        size = getattr(row, "size", None) or getattr(row, "byte_count", None) or 0
                        yield f"{number:04d}-{_file_name(name)}", size, open_file


def _file_name(name: str) -> str:
    """No folder, nothing that a program would take for one: a name in a ZIP is a place on somebody's disk."""
    return "".join(c if c.isalnum() or c in "._- " else "_" for c in name).lstrip(".")[-100:] or "file"


def _labels(table: Personal) -> dict[str, str]:
    fields: list[Field[Any, Any]] = apps.get_model(table.model)._meta.concrete_fields  # type: ignore[assignment]
    names = {
        field.attname: str(field.verbose_name)
        for field in fields
        if not field.is_relation and field.get_internal_type() not in {"UUIDField", "BinaryField"}
    }
    return {name: label[:1].upper() + label[1:] for name, label in names.items() if name not in table.hidden}


def _to_read(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tables for the page that people read: names for columns, nothing that is empty."""
    return [
        {
            **table,
            "rows": [
                [(label, row[name]) for name, label in table["labels"].items() if row[name] not in (None, "")]
                for row in table["rows"]
            ],
        }
        for table in tables
    ]


def _plain(table: Personal, row: Any) -> dict[str, Any]:
    fields: list[Field[Any, Any]] = apps.get_model(table.model)._meta.concrete_fields  # type: ignore[assignment]
    values = {
        field.attname: _value(field, row)
        for field in fields
        if field.name not in table.hidden and field.get_internal_type() != "BinaryField"
    }
    return dict(to_jsonable_python(values, fallback=str))


def _value(field: Any, row: Any) -> Any:
    value = getattr(row, field.attname)
    return value.name if field.get_internal_type() in {"FileField", "ImageField"} else value
