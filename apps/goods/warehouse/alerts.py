"""What members are told about goods between locations."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.goods.warehouse.events import CountFinished, TransferEvent, TransferRequested, TransferSent
from apps.goods.warehouse.models import StockCount, Transfer
from apps.kernel.actors import Actor, say_who
from apps.kernel.events import Envelope, subscribe
from apps.platform.alerts.kinds import Kind, declare_kind
from apps.platform.alerts.services import notify_members

TRANSFER = declare_kind(
    "stock_transfer",
    gettext_lazy("Goods between locations"),
    permission="stock.transfer",
    icon="move_up",
)


@subscribe(TransferRequested, name="warehouse.alert_requested")
def on_requested(event: TransferRequested, envelope: Envelope) -> None:
    """Tell that goods are asked for; who works at one of the two ends hears it."""
    _tell(event, envelope, _("Transfer %(number)s asks for %(count)s pieces"))


TO_APPROVE = declare_kind(
    "transfer_approval",
    gettext_lazy("Transfers that wait for approval"),
    permission="stock.approve_transfer",
    icon="fact_check",
)


@subscribe(TransferRequested, name="warehouse.alert_transfer_approval")
def on_to_approve(event: TransferRequested, envelope: Envelope) -> None:
    """Tell who may approve, where somebody must."""
    if Transfer.objects.filter(pk=event.transfer_id, approval=Transfer.Approval.WAITING).exists():
        _tell(event, envelope, _("Transfer %(number)s over %(count)s pieces waits for approval"), TO_APPROVE)


@subscribe(TransferSent, name="warehouse.alert_sent")
def on_sent(event: TransferSent, envelope: Envelope) -> None:
    """Tell that goods are on their way."""
    _tell(event, envelope, _("Transfer %(number)s is on its way: %(count)s pieces"))


APPROVALS = declare_kind(
    "count_approval",
    gettext_lazy("Counts that wait for approval"),
    permission="stock.approve_count",
    icon="fact_check",
)


@subscribe(CountFinished, name="warehouse.alert_count")
def on_finished(event: CountFinished, envelope: Envelope) -> None:
    """Tell who may approve that somebody has finished counting."""
    count = StockCount.objects.select_related("location").filter(pk=event.count_id).first()
    if count is None:
        return
    notify_members(
        Actor.system("warehouse", event.business_id, envelope.request_id),
        kind=APPROVALS,
        title=_("Count %(number)s is finished and waits for approval") % {"number": event.number},
        text=f"{count.location.name} · {say_who(count.finished_by_label)}",
        link=f"/admin/warehouse/stockcount/{count.pk}/",
        dedupe_key=f"count:{envelope.id}",
        about=count,
        happened_at=envelope.occurred_at,
    )


def _tell(event: TransferEvent, envelope: Envelope, title: str, kind: Kind = TRANSFER) -> None:
    transfer = Transfer.objects.select_related("source", "destination").filter(pk=event.transfer_id).first()
    if transfer is None:
        return
    notify_members(
        Actor.system("warehouse", event.business_id, envelope.request_id),
        kind=kind,
        title=title % {"number": event.number, "count": event.quantity},
        text=f"{transfer.source.name} → {transfer.destination.name}",
        link=f"/admin/warehouse/transfer/{transfer.pk}/",
        dedupe_key=f"{kind.code}:{envelope.id}",
        about=transfer,
        happened_at=envelope.occurred_at,
    )
