"""What no door may place, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.amounts import rule_of
from apps.goods.catalog.models import Variant
from apps.kernel.errors import InvalidInput
from apps.platform.businesses.channels import Channel
from apps.selling.orders.drafts import OrderDraft


def check_channels(drafts: Sequence[OrderDraft]) -> None:
    """Refuse a draft that comes in by no way we know."""
    for draft in drafts:
        if draft.channel not in Channel.values:
            raise InvalidInput(
                _("Orders do not come in this way."), code="unknown_channel", channel=draft.channel
            )


def check_quantities(drafts: Sequence[OrderDraft]) -> None:
    """Every door ends here, so nobody orders two of what is sold by the dozen. Two lines of one variant add up."""
    wanted: dict[UUID, int] = {}
    variants: dict[UUID, Variant] = {}
    for draft in drafts:
        for item, priced in zip(draft.items, draft.totals.lines, strict=True):
            pieces = priced.quantity * item.pack_quantity
            wanted[item.variant.pk] = wanted.get(item.variant.pk, 0) + pieces
            variants[item.variant.pk] = item.variant
    at_fault = []
    for pk, quantity in wanted.items():
        rule = rule_of(variants[pk])
        if not rule.allows(quantity):
            title = variants[pk].product.title
            at_fault.append({"variant_id": pk, "title": title, "quantity": quantity, "message": rule.words})
    if at_fault:
        words = " ".join(f"“{line['title']}”: {line['message']}" for line in at_fault)
        raise InvalidInput(words, code="quantity_rule", lines=at_fault)
