"""Migrations that draw anew only what they change.

After each index, constraint, trigger, column and new table Django draws the model and everything around it once more,
and around a tenant's table lies every other one: a first start took minutes in the making, longer with each new table.
An index, constraint or trigger changes no column, so that the classes which stand already remain right. A column
changes its own model, which alone is drawn; what points at it stands on the former class, whose table is the same.
Code of a migration sees all of them drawn from the state: Django does that for states it calls delayed, going forward.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.migrations.operations import RunPython
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import field_is_referenced
from pgtrigger.migrations import AddTrigger, RemoveTrigger

# What is changed here are Django's own inner parts; `tests/kernel/test_lean_migrations.py` says whether they still fit.
State: Any = ProjectState


@contextmanager
def lean_states() -> Iterator[None]:
    """While it lasts, project states take indexes, constraints, triggers, columns and new models without drawing the
    rest."""
    with (
        patch.object(State, "_append_option", _on_standing_model(State._append_option)),
        patch.object(State, "_remove_option", _on_standing_model(State._remove_option)),
        patch.object(State, "_alter_option", _on_standing_model(State._alter_option)),
        patch.object(AddTrigger, "state_forwards", _trigger_on_standing_model(AddTrigger.state_forwards)),
        patch.object(
            RemoveTrigger, "state_forwards", _trigger_on_standing_model(RemoveTrigger.state_forwards)
        ),
        patch.object(State, "add_model", _add_model),
        patch.object(State, "add_field", _on_its_model_alone(State.add_field)),
        patch.object(State, "remove_field", _on_its_model_alone(State.remove_field)),
        patch.object(State, "alter_field", _on_its_model_alone(State.alter_field)),
        patch.object(RunPython, "database_backwards", _with_all_drawn(RunPython.database_backwards)),
    ):
        yield


def _on_standing_model(change: Any) -> Any:
    def changed(state: Any, app_label: str, model_name: str, option: str, *rest: Any) -> None:
        with patch.object(State, "reload_model", _keep_classes):
            change(state, app_label, model_name, option, *rest)
        if "apps" in state.__dict__:
            options = state.models[app_label, model_name].options[option]
            setattr(state.apps.get_model(app_label, model_name)._meta, option, list(options))

    return changed


def _trigger_on_standing_model(change: Any) -> Any:
    def changed(operation: Any, app_label: str, state: ProjectState) -> None:
        with patch.object(State, "reload_model", _keep_classes):
            change(operation, app_label, state)
        if "apps" in state.__dict__:
            options = state.models[app_label, operation.model_name].options
            meta: Any = state.apps.get_model(app_label, operation.model_name)._meta
            meta.triggers = list(options["triggers"])

    return changed


def _on_its_model_alone(change: Any) -> Any:
    def changed(state: Any, app_label: str, model_name: str, name: str, *rest: Any) -> None:
        model = app_label, model_name
        known = state.models[model].fields.get(name)
        if known is not None and field_is_referenced(state, model, (name, known)):
            # Keys of other tables have its type: they are drawn too.
            change(state, app_label, model_name, name, *rest)
            return
        with patch.object(State, "_find_reload_model", _itself):
            change(state, app_label, model_name, name, *rest)

    return changed


def _with_all_drawn(run: Any) -> Any:
    def backwards(operation: Any, app_label: str, editor: Any, from_state: Any, to_state: Any) -> None:
        from_state.clear_delayed_apps_cache()
        run(operation, app_label, editor, from_state, to_state)

    return backwards


def _itself(state: Any, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
    """The model, and those made of it; the others wait until code of a migration asks for them."""
    state.is_delayed = True
    name = f"{app_label}.{model_name}"
    heirs = {
        key
        for key, model in state.models.items()
        if any(isinstance(base, str) and base.lower() == name for base in model.bases)
    }
    return {(app_label, model_name), *heirs}


def _add_model(state: Any, model_state: ModelState) -> None:
    key = model_state.app_label, model_state.name_lower
    state.models[key] = model_state
    if state._relations is not None:
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:
        state.apps.render_multiple([model_state])


def _keep_classes(_state: ProjectState, _app_label: str, _model_name: str, delay: bool = False) -> None:
    """Nothing is drawn anew."""
