"""What a product's page says of its stock."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.goods.catalog.amounts import QuantityRule
from apps.goods.inventory.selectors import Available
from apps.selling.checkout.models import MAX_QUANTITY
from apps.selling.checkout.services import Cut
from apps.selling.orders.later import later_words
from apps.selling.orders.models import LaterSale

FEW = 5
ANY_NUMBER = QuantityRule()


def stock_words(
    free: Available | None, rule: QuantityRule = ANY_NUMBER, later: LaterSale | None = None
) -> tuple[str, str, str, bool]:
    """Class, icon, words and whether it may be bought; `later` is as what it is sold when none is left."""
    if free is None or free.sold_out:
        return "out", "close", _("Sold out"), False
    if not rule.fit(MAX_QUANTITY if free.sellable is None else free.sellable):
        return "out", "close", _("Too few left to order"), False
    if not free.tracked:
        return "in", "check", _("In stock"), True
    if free.quantity <= 0:
        return "few", "info", later_words(later), True
    if free.quantity <= FEW:
        return "few", "info", ngettext("%(n)s left", "%(n)s left", free.quantity) % {"n": free.quantity}, True
    return "in", "check", _("In stock"), True


def say_cuts(cuts: Iterable[Cut]) -> str:
    """What became of a cart that was brought down to what is there; empty when everything was."""
    said = []
    for cut in cuts:
        facts = {"after": cut.after, "before": cut.before, "title": cut.title}
        if cut.after:
            said.append(_("%(after)s of “%(title)s” instead of %(before)s") % facts)
        else:
            said.append(_("“%(title)s” was taken out") % facts)
    if not said:
        return ""
    words = _("Your cart has what is there now: %(what)s. Look at the new total and place the order.")
    return words % {"what": "; ".join(said)}
