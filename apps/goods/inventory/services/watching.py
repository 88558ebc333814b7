"""What runs low: alerts that open once for each fall, and close when stock is back or somebody says why."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.goods.inventory.models import StockAlert, StockBalance
from apps.goods.inventory.selectors import list_low_stock
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case

_S = StockAlert.State
# So many fit into one statement and one short transaction; the clock comes again for the rest.
MOST_AT_ONCE = 1000


@use_case(unaudited="says what the balances say; who changed them stands in the ledger")
def settle_alerts(actor: Actor, *, places: Iterable[tuple[UUID, UUID]] | None = None) -> tuple[int, int]:
    """Bring alerts in line with the stock: of these (variant, location), or everywhere. Returns opened and resolved.

    May run at any time and any number of times: an alert that stands is not opened again, one whose stock is back,
    or whose goods are not sold there any more, is resolved. What is low is read after the standing alerts are locked.
    """
    standing = ~Q(state=_S.RESOLVED) | Q(is_muted=True)
    wanted = Q()
    if places is not None:
        for variant_id, location_id in places:
            wanted |= Q(variant_id=variant_id, location_id=location_id)
        if not wanted:
            return 0, 0
    alerts = locks.lock(Rank.STOCK, StockAlert.objects.filter(standing & wanted))
    low = list_low_stock().filter(wanted).select_related(None).only("variant_id", "location_id", "on_hand", "reserved",
                                                                   "low_stock_threshold")  # fmt: skip
    found: dict[tuple[UUID, UUID], StockBalance] = {(row.variant_id, row.location_id): row for row in low}
    known = {(alert.variant_id, alert.location_id) for alert in alerts}
    now = clock.now()
    new = [
        StockAlert(
            variant_id=row.variant_id,
            location_id=row.location_id,
            threshold=row.warn_at,
            available=row.available,
            opened_at=now,
        )
        for place, row in found.items()
        if place not in known
    ][:MOST_AT_ONCE]
    over = [alert for alert in alerts if (alert.variant_id, alert.location_id) not in found][:MOST_AT_ONCE]
    for alert in over:
        alert.is_muted, alert.updated_at = False, now
        if alert.state != _S.RESOLVED:
            alert.state, alert.resolved_at = _S.RESOLVED, now
    # Two workers may open the same one in the same instant: the second finds it standing.
    StockAlert.objects.bulk_create(new, ignore_conflicts=True)
    StockAlert.objects.bulk_update(over, ["state", "resolved_at", "is_muted", "updated_at"])
    return len(new), len(over)


@use_case(permission="stock.adjust", audits="stock.alert_acknowledged")
def acknowledge_alert(actor: Actor, *, alert_id: UUID, note: str = "") -> StockAlert:
    """Say that somebody takes care of it. Again it changes the note. Raises `WrongState` when it is resolved."""
    return _care(actor, [_standing(actor, alert_id)], note)[0]


@use_case(audits="stock.alert_acknowledged")
def note_ordered(actor: Actor, *, alert_ids: Iterable[UUID], note: str) -> list[StockAlert]:
    """That goods of these alerts are being bought, said by the app that buys; who may buy is asked there."""
    rows = locks.lock(Rank.STOCK, StockAlert.objects.filter(pk__in=list(alert_ids), state=_S.OPEN))
    return _care(actor, [alert for alert in rows if is_visible(alert, actor.limit)], note)


def _care(actor: Actor, alerts: list[StockAlert], note: str) -> list[StockAlert]:
    now = clock.now()
    for alert in alerts:
        alert.state, alert.acknowledged_at, alert.updated_at = _S.ACKNOWLEDGED, now, now
        alert.acknowledged_by_label, alert.note = actor.label[:200], note.strip()[:200]
        audit.record(actor, "stock.alert_acknowledged", alert, reason=alert.note)
    changed = ["state", "acknowledged_at", "acknowledged_by_label", "note", "updated_at"]
    StockAlert.objects.bulk_update(alerts, changed)
    return alerts


@use_case(permission="stock.adjust", audits="stock.alert_resolved")
def resolve_alert(actor: Actor, *, alert_id: UUID, reason: str) -> StockAlert:
    """Close it by hand, though stock is low: it stays closed until stock was back once and falls again.

    Raises `InvalidInput` without a reason, `WrongState` when it is resolved.
    """
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say why.")]})
    alert = _standing(actor, alert_id)
    alert.state, alert.resolved_at = _S.RESOLVED, clock.now()
    alert.resolved_by_label, alert.resolution = actor.label[:200], reason.strip()[:200]
    alert.is_muted = True
    alert.save(
        update_fields=["state", "resolved_at", "resolved_by_label", "resolution", "is_muted", "updated_at"]
    )
    audit.record(actor, "stock.alert_resolved", alert, reason=alert.resolution)
    return alert


def _standing(actor: Actor, alert_id: UUID) -> StockAlert:
    alert = locks.lock_one(Rank.STOCK, StockAlert.objects.filter(pk=alert_id))
    if not is_visible(alert, actor.limit):
        raise NotFound()
    if alert.state == _S.RESOLVED:
        raise WrongState(_("This is resolved already."))
    return alert
