"""The life of a product as a table: verb, from which status, to which status, shown in the store or not."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Product
from apps.kernel.errors import WrongState

DRAFT, ACTIVE, ARCHIVED = Product.Status.DRAFT, Product.Status.ACTIVE, Product.Status.ARCHIVED

# verb: ({statuses it starts from}, next status (None: stays), shown in the store)
MOVES: dict[str, tuple[set[str], str | None, bool]] = {
    "publish": ({DRAFT, ACTIVE}, ACTIVE, True),
    "unpublish": ({DRAFT, ACTIVE}, None, False),
    "archive": ({DRAFT, ACTIVE, ARCHIVED}, ARCHIVED, False),
    "restore": ({ARCHIVED, DRAFT}, DRAFT, False),
}


def next_status(product: Product, verb: str) -> tuple[str, bool]:
    """The status and visibility after `verb`; raises `WrongState` when the table has no such move."""
    starts, status, shown = MOVES[verb]
    if product.status not in starts:
        raise WrongState(
            _("“%(title)s” is %(status)s, so this is not possible.")
            % {"title": product.title, "status": product.get_status_display().lower()},
            remedy=_("Bring it back from the archive first.") if product.status == ARCHIVED else "",
        )
    return status or product.status, shown
