"""The writes of custom fields."""

from apps.platform.fields.services.definitions import (
    add_field,
    change_field,
    delete_field,
    restore_field,
    retire_field,
)
from apps.platform.fields.services.values import set_values, set_values_in_bulk

__all__ = [
    "add_field",
    "change_field",
    "delete_field",
    "restore_field",
    "retire_field",
    "set_values",
    "set_values_in_bulk",
]
