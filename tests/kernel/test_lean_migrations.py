"""A state that drew only what changed is the state that Django would have drawn."""

from __future__ import annotations

from typing import Any

from django.db import models
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
    assert lean[5] == [
        ("trade.Shelf", [("id", None), ("title", None), ("shop", "trade.Shop")], [], ["shelf_title"],
         ["shelf_positive", "shelf_named"], ["kept"]),
        ("trade.Shop", [("id", None), ("title", None)], ["shelf"], [], [], []),
    ]  # fmt: skip
    shop, shelf, box = (apps.get_model("trade", name) for name in ("Shop", "Shelf", "Box"))
    assert shelf._meta.get_field("shop").remote_field.model is shop
    assert box._meta.get_field("shelf").remote_field.model is shelf


def test_an_index_draws_nothing_anew() -> None:
    state = ProjectState()
    STEPS[0].state_forwards("trade", state)
    before = state.apps.get_model("trade", "Shop")
    index = operations.AddIndex("shop", models.Index(fields=["title"], name="shop_title"))
    with lean_states():
        index.state_forwards("trade", state)
    assert state.apps.get_model("trade", "Shop") is before
    assert [index.name for index in before._meta.indexes] == ["shop_title"]
