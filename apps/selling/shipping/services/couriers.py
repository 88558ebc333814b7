"""A courier's files: a list of parcels goes out (CSV), their state comes back (CSV).

Out: tracking_number, order, name, line1, line2, city, region, postcode, country, phone, grams, note.
Back: tracking_number, status, at, place, note. Status is picked_up, in_transit, out_for_delivery, delivered, failed
or returned; `at` is a moment as 2026-11-22T14:30 (without a zone: the business's); further columns are left alone.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import zoneinfo
from dataclasses import dataclass
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.locks import Rank, lock
from apps.kernel.use_cases import use_case
from apps.platform.backoffice.reports import FORMULA_STARTS
from apps.platform.businesses.selectors import get_current_business
from apps.selling.shipping import policies
from apps.selling.shipping.carriers import TrackFact
from apps.selling.shipping.carriers.base import EventKind
from apps.selling.shipping.models import Shipment
from apps.selling.shipping.services.following import record_tracking

COURIER = "courier"
COLUMNS = (
    "tracking_number", "order", "name", "line1", "line2", "city", "region", "postcode", "country", "phone", "grams",
    "note",
)  # fmt: skip
LARGEST_FILE = 1024 * 1024
MOST_ROWS = 2000
_KINDS: dict[str, EventKind] = {
    "picked_up": "moving", "in_transit": "moving", "out_for_delivery": "out", "delivered": "delivered",
    "failed": "failed", "returned": "returned",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a courier's file did. `problems` name the row."""

    parcels: int
    problems: list[str]


@use_case(permission=policies.PACK, audits="shipping.courier_listed")
def write_courier_list(actor: Actor) -> str:
    """The parcels that wait for the courier and stand on no list yet, as CSV. Raises `WrongState` without any."""
    waiting = Shipment.objects.filter(
        carrier=COURIER, state=Shipment.State.READY, listed_at__isnull=True
    ).select_related("order")
    shipments: list[Shipment] = lock(Rank.ROOT, waiting)
    if not shipments:
        raise WrongState(_("No parcel waits for the courier."), code="nothing_to_list")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for shipment in shipments:
        order = shipment.order
        row = (
            shipment.tracking_number, order.number, order.ship_name, order.ship_line1, order.ship_line2,
            order.ship_city, order.ship_region, order.ship_postcode, order.ship_country, order.phone,
            str(shipment.grams), order.note,
        )  # fmt: skip
        writer.writerow([_harmless(value) for value in row])
        shipment.listed_at = clock.now()
    Shipment.objects.bulk_update(shipments, ["listed_at"])
    after = {"parcels": [shipment.tracking_number for shipment in shipments]}
    audit.record(actor, "shipping.courier_listed", None, after=after)
    return text.getvalue()


@use_case(permission=policies.PACK, audits=("orders.closed", "orders.delivered", "shipping.courier_read"))
def read_courier_states(actor: Actor, *, content: bytes) -> ReadBack:
    """Record what a courier's file says; rows that cannot be read are named and change nothing.

    The same file twice changes nothing. Raises `InvalidInput` for no such file.
    """
    rows = _rows(content)
    zone = zoneinfo.ZoneInfo(get_current_business().time_zone)
    known: dict[str, UUID] = dict(
        Shipment.objects.filter(
            carrier=COURIER, tracking_number__in=[row.get("tracking_number", "").strip() for row in rows]
        ).values_list("tracking_number", "pk")
    )
    facts: dict[UUID, list[TrackFact]] = {}
    problems = []
    for number, row in enumerate(rows, start=2):
        fact = _fact(row, zone)
        shipment_id = known.get(row.get("tracking_number", "").strip())
        if isinstance(fact, str):
            problems.append(_("Row %(row)s: %(what)s") % {"row": number, "what": fact})
        elif shipment_id is None:
            problems.append(_("Row %(row)s: there is no such parcel.") % {"row": number})
        else:
            facts.setdefault(shipment_id, []).append(fact)
    system = Actor.system("shipping", actor.business_id, actor.request_id)
    for shipment_id in sorted(facts):
        record_tracking(system, shipment_id=shipment_id, facts=facts[shipment_id])
    audit.record(
        actor, "shipping.courier_read", None, after={"parcels": len(facts), "problems": len(problems)}
    )
    return ReadBack(len(facts), problems)


def _rows(content: bytes) -> list[dict[str, str]]:
    try:
        if len(content) > LARGEST_FILE:
            raise ValueError
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        if not {"tracking_number", "status", "at"} <= set(reader.fieldnames or ()):
            raise ValueError
        rows = [{str(name): str(value or "") for name, value in row.items()} for row in reader]
    except (UnicodeDecodeError, csv.Error, ValueError):
        rows = []
    if not 1 <= len(rows) <= MOST_ROWS:
        message = _("Choose a CSV file with the columns tracking_number, status and at.")
        raise InvalidInput(message, fields={"file": [message]}, code="bad_courier_file")
    return rows


def _fact(row: dict[str, str], zone: dt.tzinfo) -> TrackFact | str:
    status = row["status"].strip().lower().replace(" ", "_")
    if status not in _KINDS:
        return _("the status “%(status)s” is not known.") % {"status": status[:30]}
    try:
        at = parse_datetime(row["at"].strip())
    except ValueError:
        at = None
    if at is None:
        return _("“%(at)s” is no moment.") % {"at": row["at"][:30]}
    moment = at if at.tzinfo else at.replace(tzinfo=zone)
    if moment > clock.now() + dt.timedelta(hours=1):
        return _("“%(at)s” is in the future.") % {"at": row["at"][:30]}
    return TrackFact(_KINDS[status], moment, row.get("note", "")[:200], row.get("place", "")[:120])


def _harmless(value: str) -> str:
    """A spreadsheet runs what begins like a formula; names are typed by buyers."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value
