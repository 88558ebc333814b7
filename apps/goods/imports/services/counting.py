"""Setting stock to what a file says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from apps.goods.imports.models import ImportJob
from apps.goods.imports.quantities import Count
from apps.goods.imports.services.journal import Journal
from apps.goods.inventory.lines import AdjustLine
from apps.goods.inventory.models import AdjustReason
from apps.goods.inventory.services import adjust_stock
from apps.kernel.actors import Actor
from apps.kernel.use_cases import use_case


@use_case(permission="imports.run", audits="stock.adjusted")
def import_counts(actor: Actor, *, counts: Sequence[Count], job: ImportJob) -> None:
    """Bring the stock of the rows to their numbers: one adjustment a location. All, or none when one is refused."""
    journal = Journal(job.batch)
    places: dict[UUID, dict[UUID, AdjustLine]] = defaultdict(dict)
    for count in counts:
        assert count.variant is not None  # noqa: S101
        assert count.location_id is not None  # noqa: S101
        # Cases and loose pieces of an item say the same number.
        line = AdjustLine(count.variant.pk, counted=count.quantity)
        places[count.location_id][count.variant.pk] = line
    for location_id, lines in sorted(places.items()):
        journal.moved(
            adjust_stock(
                actor,
                location_id=location_id,
                lines=list(lines.values()),
                reason_code=AdjustReason.IMPORT,
                note=job.file_name[:500],
            )
        )
    journal.write()
