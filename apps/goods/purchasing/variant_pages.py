"""What is on its way, on the page of a variant, which knows nothing of purchasing."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Variant
from apps.goods.purchasing.order_verbs import order_url
from apps.goods.purchasing.page_parts import day_text
from apps.goods.purchasing.policies import READ
from apps.goods.purchasing.selectors import list_incoming
from apps.kernel.actors import Actor
from apps.platform.backoffice.detail import Section, tells_of


@tells_of(Variant)
def incoming_section(actor: Actor, variant: Variant) -> list[Section]:
    """Orders that bring more of it; nothing when none does, or to who may not see orders."""
    if not actor.may(READ):
        return []
    rows = [
        [
            format_html('<a href="{}">{}</a>', order_url(line.order_id), line.order.number),
            line.order.supplier.name,
            line.order.location.name,
            day_text(line.order.expected_on),
            line.open_quantity,
        ]
        for line in list_incoming([variant.pk])
    ]
    heads = [_("Order"), _("Supplier"), _("Deliver to"), _("Expected on"), _("Incoming")]
    return [Section(_("On the way"), columns=heads, rows=rows, align={4: "end"})] if rows else []
