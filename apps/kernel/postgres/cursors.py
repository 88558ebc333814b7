"""What makes a database cursor tell the server what may be seen; every kind of cursor used here has it."""

from __future__ import annotations

from typing import Any

from .telling import tell, told_of, undoes_settings


class TellingMixin:
    """Tells the server what may be seen before anything is sent."""

    _conn: Any

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """Tell, then execute; a statement that takes settings back leaves them unknown."""
        if not undoes_settings(query):
            tell(self._conn)
            return super().execute(query, *args, **kwargs)  # type: ignore[misc]
        try:
            return super().execute(query, *args, **kwargs)  # type: ignore[misc]
        finally:
            told_of(self._conn).forget()

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        """Tell, then execute for each."""
        tell(self._conn)
        return super().executemany(*args, **kwargs)  # type: ignore[misc]

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        """Tell, then copy."""
        tell(self._conn)
        return super().copy(*args, **kwargs)  # type: ignore[misc]

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        """Tell when the first row is asked for, then stream."""
        tell(self._conn)
        yield from super().stream(*args, **kwargs)  # type: ignore[misc]
