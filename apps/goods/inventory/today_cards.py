"""What of the stock waits for somebody today."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.inventory.models import Adjustment
from apps.goods.inventory.policies import can_decide
from apps.kernel.actors import Actor
from apps.platform.backoffice import today
from apps.platform.backoffice.columns import format_amount

MOST_WAITING = 3


@today.register_waiting(permission="stock.approve", order=32)
def adjustments_to_decide(actor: Actor) -> list[today.Waiting]:
    """Adjustments above the limit that the actor may decide, the one that waits longest first."""
    words = _now("Adjustment %(number)s at %(place)s waits for approval:")
    if actor.may(SEES_COSTS):
        words = _now("Adjustment %(number)s at %(place)s, worth %(worth)s, waits for approval:")
    rows = Adjustment.objects.filter(state=Adjustment.State.WAITING).select_related("location").order_by("id")
    return [
        today.Waiting(
            text=words
            % {"number": row.number, "place": row.location.name, "worth": format_amount(row.worth)},
            verb=_("Decide"),
            url=reverse("admin:inventory_adjustment_change", args=[row.pk]),
        )
        for row in rows[:MOST_WAITING]
        if can_decide(actor, row)
    ]
