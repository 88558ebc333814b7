"""A state that drew only what changed is the state that Django would have drawn."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import connection, models
from django.db.migrations import operations
from django.db.migrations.state import ProjectState
from pgtrigger import Protect, Update
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from apps.kernel.lean_migrations import lean_states

ID = ("id", models.BigAutoField(primary_key=True))
TITLE = ("title", models.CharField(max_length=9))
POSITIVE = models.CheckConstraint(condition=models.Q(id__gt=0), name="shelf_positive")
NAMED = models.CheckConstraint(condition=~models.Q(title=""), name="shelf_named")
KEPT = Protect(name="kept", operation=Update)
STEPS: list[Any] = [
    operations.CreateModel("Shop", [ID, TITLE]),
    operations.CreateModel("Shelf", [ID, TITLE, ("shop", models.ForeignKey("trade.Shop", models.CASCADE))]),
    operations.AddIndex("shelf", models.Index(fields=["title"], name="shelf_title")),
    operations.AddConstraint("shelf", POSITIVE),
    operations.AddConstraint("shelf", NAMED),
    AddTrigger("shelf", KEPT),
    operations.AddField("shop", "town", models.CharField(max_length=9, default="")),
    operations.CreateModel("Box", [ID, ("shelf", models.ForeignKey("trade.Shelf", models.CASCADE))]),
    operations.RemoveConstraint("shelf", "shelf_positive"),
    operations.RemoveIndex("shelf", "shelf_title"),
    RemoveTrigger("shelf", "kept"),
    operations.AddField("box", "shop", models.ForeignKey("trade.Shop", models.CASCADE, null=True)),
    operations.AlterField("shelf", "title", models.CharField(max_length=40)),
    operations.AlterField(
        "box", "shelf", models.ForeignKey("trade.Shelf", models.CASCADE, related_name="all")
    ),
    operations.AlterField("shop", "id", models.CharField(max_length=9, primary_key=True)),
    operations.AddField("shelf", "place", models.IntegerField(default=0)),
    operations.RemoveField("box", "shop"),
]


def drawn() -> tuple[list[Any], Any]:
    """After each step what the classes say of themselves; and the last classes."""
    state, told = ProjectState(), []
    assert state.apps is not None
    for step in STEPS:
        state = state.clone()
        step.state_forwards("trade", state)
        told.append(
            [describe(model) for model in sorted(state.apps.get_models(), key=lambda one: one.__name__)]
        )
    return told, state.apps


def describe(model: Any) -> Any:
    meta = model._meta
    return (
        meta.label,
        [(field.name, getattr(field.remote_field, "model", None) and field.remote_field.model._meta.label)
         for field in meta.fields],
        [(field.column, field.db_parameters(connection)["type"]) for field in meta.fields],
        sorted(relation.name for relation in meta.related_objects),
        [index.name for index in meta.indexes],
        [constraint.name for constraint in meta.constraints],
        [trigger.name for trigger in getattr(meta, "triggers", [])],
    )  # fmt: skip


def test_the_same_classes_are_drawn_with_less() -> None:
    full, _apps = drawn()
    with lean_states():
        lean, apps = drawn()

    assert lean == full
    named = [(label, fields, *rest) for label, fields, _columns, *rest in lean[5]]
    assert named == [
        ("trade.Shelf", [("id", None), ("title", None), ("shop", "trade.Shop")], [], ["shelf_title"],
         ["shelf_positive", "shelf_named"], ["kept"]),
        ("trade.Shop", [("id", None), ("title", None)], ["shelf"], [], [], []),
    ]  # fmt: skip
    shelf_columns = next(columns for label, _fields, columns, *_rest in lean[-1] if label == "trade.Shelf")
    assert ("shop_id", "varchar(9)") in shelf_columns, "a key has the type of what it points at"
    shop, shelf, box = (apps.get_model("trade", name) for name in ("Shop", "Shelf", "Box"))
    assert shelf._meta.get_field("shop").remote_field.model is shop
    assert box._meta.get_field("shelf").remote_field.model._meta.db_table == shelf._meta.db_table


def test_an_index_draws_nothing_anew() -> None:
    state = ProjectState()
    STEPS[0].state_forwards("trade", state)
    before = state.apps.get_model("trade", "Shop")
    index = operations.AddIndex("shop", models.Index(fields=["title"], name="shop_title"))
    with lean_states():
        index.state_forwards("trade", state)
    assert state.apps.get_model("trade", "Shop") is before
    assert [index.name for index in before._meta.indexes] == ["shop_title"]


def test_a_column_draws_its_model_alone_and_code_sees_all_of_them() -> None:
    state = ProjectState()
    for step in (STEPS[0], STEPS[1]):
        step.state_forwards("trade", state)
    shop, shelf = (state.apps.get_model("trade", name) for name in ("Shop", "Shelf"))
    later = state.clone()
    with lean_states():
        STEPS[6].state_forwards("trade", later)
    assert later.apps.get_model("trade", "Shelf") is shelf
    assert {field.name for field in later.apps.get_model("trade", "Shop")._meta.fields} == {
        "id",
        "title",
        "town",
    }
    assert {field.name for field in shop._meta.fields} == {"id", "title"}, "the state before has its own"
    with pytest.raises(FieldError):
        later.apps.get_model("trade", "Shelf")._default_manager.filter(shop__town="Ely")
    seen = []

    def look(apps: Any, _editor: Any) -> None:
        shops = apps.get_model("trade", "Shop")._default_manager.filter(town="Ely")
        seen.append(
            apps.get_model("trade", "Shelf")._default_manager.filter(shop__town="Ely", shop__in=shops)
        )

    code, editor = operations.RunPython(look, look), connection.schema_editor()
    code.database_forwards("trade", editor, later.clone(), later)
    with lean_states():
        code.database_backwards("trade", editor, later, later)
    assert [str(rows.query).count('"town" = Ely') for rows in seen] == [2, 2]
