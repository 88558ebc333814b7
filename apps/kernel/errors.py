"""One hierarchy of errors. Services raise them, doors translate: form errors, a flash, problem+json.

Each says what happened (`message`), what was kept (`kept`) and what to do (`remedy`); `code` is stable for
programs, `fields` names the inputs at fault, `context` carries facts a page may show.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal with a reason. Nothing was written."""

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "refused"
    default_message: ClassVar[Any] = _("That could not be done.")

    def __init__(
        self,
        message: Any = None,
        *,
        code: str | None = None,
        fields: dict[str, list[Any]] | None = None,
        kept: Any = "",
        remedy: Any = "",
        **context: Any,
    ) -> None:
        self.message = message if message is not None else self.default_message
        self.code = code or self.default_code
        self.fields = fields or {}
        self.kept = kept
        self.remedy = remedy
        self.context = context
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class InvalidInput(DomainError):
    """What was sent cannot be meant."""

    default_code = "invalid_input"
    default_message = _("Some of what was entered is not valid.")


class PermissionRefused(DomainError):
    """The actor may not do this."""

    status = 403
    default_code = "permission_refused"
    default_message = _("Your role does not allow this.")


class NotFound(DomainError):
    """Absent, or another tenant's: the same answer."""

    status = 404
    default_code = "not_found"
    default_message = _("That was not found.")


class Conflict(DomainError):
    """The present state does not allow it."""

    status = 409
    default_code = "conflict"
    default_message = _("That is not possible in the present state.")


class WrongState(Conflict):
    """A transition that the state table does not have."""

    default_code = "wrong_state"


class OutOfStock(Conflict):
    """Fewer pieces are available than were asked for. `context["lines"]` says which."""

    default_code = "out_of_stock"
    default_message = _("Some items are no longer available in this quantity.")


class StaleQuote(Conflict):
    """The quote has expired, or prices or stock have changed since it was given."""

    default_code = "stale_quote"
    default_message = _("Prices or availability have changed since you last looked.")


class IdempotencyMismatch(DomainError):
    """A key that was used for another command."""

    status = 422
    default_code = "idempotency_mismatch"
    default_message = _("This key was already used for a different request.")


class RateLimited(DomainError):
    """Too many requests."""

    status = 429
    default_code = "rate_limited"
    default_message = _("Too many requests. Please wait a moment.")


class Busy(DomainError):
    """Somebody else holds what is needed; trying again will work."""

    status = 503
    default_code = "busy"
    default_message = _("This is being changed by somebody else right now. Please try again.")


class OutOfRoom(DomainError):
    """The database has no disk, memory or connection left. Nothing was written; somebody must make room."""

    status = 503
    default_code = "out_of_room"
    default_message = _("We cannot take anything new for the moment.")

    def __init__(self) -> None:
        super().__init__(
            kept=_("Nothing was charged and nothing was changed."),
            remedy=_("Please try again in a few minutes."),
        )


def is_out_of_room(error: BaseException | None) -> bool:
    """Whether PostgreSQL refused for lack of disk, memory or connections (its class 53), however deep it was raised."""
    seen = 0
    while error is not None and seen < 10:
        if str(getattr(error, "sqlstate", None) or "").startswith("53"):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


class UnboundTenant(RuntimeError):
    """A tenant's rows were asked for while no tenant was bound: a programming error, never shown as data."""


class UndeclaredCrossing(RuntimeError):
    """The rows of all businesses were asked for under a name nobody declared: a programming error."""


class LockOrderError(RuntimeError):
    """A lock was asked for out of the global order: a programming error that would deadlock one day."""
