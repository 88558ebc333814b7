"""What of counts and transfers waits for somebody today."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.warehouse.models import StockCount, Transfer
from apps.goods.warehouse.policies import can_approve, can_count
from apps.kernel.actors import Actor
from apps.platform.backoffice import today

MOST_WAITING = 3


@today.register_waiting(permission="stock.approve_transfer", order=33)
def transfers_to_approve(actor: Actor) -> list[today.Waiting]:
    """Transfers that the actor may approve, the one that waits longest first."""
    rows = (
        Transfer.objects.filter(state=Transfer.State.REQUESTED, approval=Transfer.Approval.WAITING)
        .select_related("source", "destination")
        .order_by("id")
    )
    return [
        today.Waiting(
            text=_now("Transfer %(number)s from %(source)s to %(destination)s waits for approval:")
            % {"number": row.number, "source": row.source.name, "destination": row.destination.name},
            verb=_("Decide"),
            url=reverse("admin:warehouse_transfer_change", args=[row.pk]),
        )
        for row in rows[:MOST_WAITING]
        if can_approve(actor, row)
    ]


@today.register_waiting(permission="stock.approve_count", order=34)
def counts_to_approve(actor: Actor) -> list[today.Waiting]:
    """Finished counts whose differences are not written yet, the one that waits longest first."""
    rows = StockCount.objects.filter(state=StockCount.State.REVIEW).select_related("location").order_by("id")
    return [
        today.Waiting(
            text=_now("Count %(number)s at %(place)s is finished and waits to be posted:")
            % {"number": row.number, "place": row.location.name},
            verb=_("Look at it"),
            url=reverse("admin:warehouse_stockcount_change", args=[row.pk]),
        )
        for row in rows[:MOST_WAITING]
        if can_count(actor, row, "post")
    ]
