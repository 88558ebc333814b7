"""When something happened, if that was before it is written down."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.errors import InvalidInput

# Further back than this is another year's books, or a slip.
LONGEST_BACK = dt.timedelta(days=366)


def checked_moment(occurred_at: dt.datetime | None) -> dt.datetime:
    """The moment given, or now. It says when goods moved; what the books and reports count is when it is recorded."""
    now = clock.now()
    if occurred_at is None:
        return now
    if occurred_at > now or occurred_at < now - LONGEST_BACK:
        raise InvalidInput(
            _("Enter a moment of the last year, not one to come."),
            code="wrong_moment",
            fields={"occurred_at": [_("A moment of the last year.")]},
        )
    return occurred_at
