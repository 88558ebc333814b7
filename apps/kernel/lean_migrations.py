"""Migrations that draw anew only what they change.

After each index, constraint, trigger and new table Django draws the model and everything around it once more, and
around a tenant's table lies every other one: a first start took minutes in the making, longer with each new table.
None of these changes a column, so that the classes which stand already remain right.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.migrations.state import ModelState, ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger

# What is changed here are Django's own inner parts; `tests/kernel/test_lean_migrations.py` says whether they still fit.
State: Any = ProjectState


@contextmanager
def lean_states() -> Iterator[None]:
    """While it lasts, project states take indexes, constraints, triggers and new models without drawing the rest."""
    with (
        patch.object(State, "_append_option", _on_standing_model(State._append_option)),
        patch.object(State, "_remove_option", _on_standing_model(State._remove_option)),
        patch.object(State, "_alter_option", _on_standing_model(State._alter_option)),
        patch.object(AddTrigger, "state_forwards", _trigger_on_standing_model(AddTrigger.state_forwards)),
        patch.object(
            RemoveTrigger, "state_forwards", _trigger_on_standing_model(RemoveTrigger.state_forwards)
        ),
        patch.object(State, "add_model", _add_model),
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


def _add_model(state: Any, model_state: ModelState) -> None:
    key = model_state.app_label, model_state.name_lower
    state.models[key] = model_state
    if state._relations is not None:
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:
        state.apps.render_multiple([model_state])


def _keep_classes(_state: ProjectState, _app_label: str, _model_name: str, delay: bool = False) -> None:
    """Nothing is drawn anew."""
