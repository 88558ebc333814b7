"""From where an order is taken: the section of its page with the reasons, and the button that changes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.sold import counting_of
from apps.goods.inventory.allocation_words import why_words
from apps.goods.inventory.page_parts import full_name
from apps.goods.inventory.selectors import list_promises
from apps.kernel.actors import Actor
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import list_locations

from .models import Order, OrderLine
from .policies import can_fulfil_later
from .services import reallocate_order
from .sold import counting_of_line

OWNER_TYPE = "order"


def sources_section(order: Order) -> Section | None:
    """Which pieces are taken from where, and why; None for goods whose stock is not counted."""
    promises = [row for row in list_promises(OWNER_TYPE, order.pk) if row.location]
    # A promise that went on to another location as a whole tells nothing any more.
    promises = [row for row in promises if row.quantity > row.released_quantity]
    if not promises:
        return None
    return Section(
        title=_("Taken from"),
        columns=[_("Location"), _("Item"), _("Pieces"), _("Why from there")],
        rows=[
            [
                row.location.name if row.location else "",
                full_name(row.variant),
                counting_of(row.variant).words(row.quantity - row.released_quantity),
                why_words(row.why),
            ]
            for row in promises
        ],
        align={2: "end"},
    )


class ReallocateForm(forms.Form):
    """Where the goods are taken from instead."""

    location_id = forms.TypedChoiceField(label=_("Take from"), coerce=UUID)
    line_ids = forms.TypedMultipleChoiceField(
        label=_("Which items"),
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: everything that was not sent yet."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, actor: Actor, lines: Sequence[OrderLine], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        places = [p for p in list_locations() if actor.location_ids is None or p.pk in actor.location_ids]
        self.fields["location_id"].choices = [(str(p.pk), p.name) for p in places]  # type: ignore[attr-defined]
        self.fields["line_ids"].choices = [  # type: ignore[attr-defined]
            (str(line.pk), f"{counting_of_line(line).words(line.waiting_quantity)} × {line.title}")
            for line in lines
            if line.waiting_quantity
        ]


class ReallocateOrder(Verb):
    name = "reallocate"
    label = _("Take from elsewhere")
    permission = "orders.fulfil"
    icon = "swap_horiz"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_fulfil_later(actor, obj)

    def heading(self, actor: Actor, obj: Any) -> Any:
        return _now("Take order %(number)s from another location") % {"number": obj.number}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now("What was not sent yet is set aside there, and free again where it was set aside before."),
            _now("All of it moves, or nothing does: what is not free there is named."),
        ]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        lines = list(OrderLine.objects.filter(order=obj).select_related("variant").order_by("position"))
        return ReallocateForm(actor, lines, **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return reallocate_order(
            actor,
            order_id=obj.pk,
            location_id=data["location_id"],
            line_ids=data["line_ids"] or None,
            reason=data["reason"],
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Order %(number)s is taken from there now.") % {"number": obj.number}
