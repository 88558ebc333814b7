"""Every column that could tell of a person is declared, as personal or as not: no new table can be forgotten."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from typing import Any

import pytest
from django.apps import apps as registry
from django.contrib.postgres.fields import ArrayField
from django.db import models

import apps
from apps.kernel import privacy
from apps.kernel.events import Event
from apps.kernel.privacy import Anonymised, Kept

TELLING = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.GenericIPAddressField,
    models.FileField,
    models.BinaryField,
    ArrayField,
)


def telling_columns(model: type[models.Model]) -> set[str]:
    """Columns that can hold words. A closed list of choices cannot name anybody."""
    return {
        field.name
        for field in model._meta.local_concrete_fields
        if isinstance(field, TELLING) and not getattr(field, "choices", None)
    }


def undeclared(models_: list[type[models.Model]]) -> list[str]:
    missing = []
    for model in models_:
        if model._meta.proxy or not model._meta.managed:
            continue
        personal, impersonal = privacy.declared(model._meta.label_lower)
        missing += [
            f"{model._meta.label_lower}.{name}"
            for name in sorted(telling_columns(model) - personal - set(impersonal))
        ]
    return missing


def test_every_column_that_can_hold_words_is_declared() -> None:
    missing = undeclared(list(registry.get_models(include_auto_created=True)))
    assert missing == [], (
        "Declare these in the app's privacy.py, as personal or as impersonal with the reason."
    )


def test_a_new_column_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    customer: Any = registry.get_model("customers.customer")
    monkeypatch.setattr(
        privacy, "_personal", [t for t in privacy._personal if t.model != "customers.customer"]
    )
    assert "customers.customer.email" in undeclared([customer])


def test_nothing_is_declared_twice_or_of_nothing() -> None:
    for label in privacy.declared_models():
        model = registry.get_model(label)
        names = {field.name for field in model._meta.local_concrete_fields}
        personal, impersonal = privacy.declared(label)
        assert personal | set(impersonal) <= names, label
        assert not personal & set(impersonal), label


@pytest.mark.parametrize("table", privacy.tables(), ids=lambda table: f"{table.model}-{table.title}")
def test_an_erasure_names_columns_that_exist(table: privacy.Personal) -> None:
    names = {field.name for field in registry.get_model(table.model)._meta.local_concrete_fields}
    if isinstance(table.erasure, Anonymised):
        assert set(table.erasure.values) <= names
    if isinstance(table.erasure, Kept):
        assert str(table.erasure.because).endswith(".")
    assert set(table.hidden) <= names


def test_events_name_no_people() -> None:
    """The outbox keeps what was published: its payloads are declared as telling of nobody."""
    for info in pkgutil.walk_packages(apps.__path__, "apps."):
        if info.name.endswith(".events"):
            importlib.import_module(info.name)
    kinds, seen = [Event], set()
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("apps."):
            seen |= (
                {field.name for field in dataclasses.fields(kind)}
                if dataclasses.is_dataclass(kind)
                else set()
            )
    assert len(seen) > 20
    assert not seen & {"email", "name", "phone", "address", "buyer_name", "contact", "ip", "note", "text"}
