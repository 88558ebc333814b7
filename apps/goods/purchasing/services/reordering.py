"""Proposals become a draft."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.purchasing.drafts import LineDraft, OrderDraft
from apps.goods.purchasing.models import PurchaseOrder
from apps.goods.purchasing.policies import WRITE
from apps.goods.purchasing.reordering import list_proposals
from apps.goods.purchasing.services.orders import MOST_LINES, draft_order
from apps.goods.purchasing.services.suppliers import check_active, lock_supplier
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_business


@use_case(permission=WRITE, idempotent=True, audits="purchasing.drafted")
def draft_proposals(
    actor: Actor,
    *,
    supplier_id: UUID,
    rate: Decimal | None = None,
    rate_on: dt.date | None = None,
    key: str | None = None,
) -> PurchaseOrder:
    """Write what is proposed of a supplier now as a draft, expected after its delivery time.

    Reckoned anew while the supplier is locked, so that two who click at once do not order twice. Raises `Conflict`
    when nothing is proposed (any more), and as `draft_order`.
    """
    supplier = lock_supplier(supplier_id)
    check_active(supplier)
    proposals = list_proposals(supplier)[:MOST_LINES]
    if not proposals:
        raise Conflict(
            _("Nothing is proposed from %(name)s any more.") % {"name": supplier.name},
            code="nothing_proposed",
        )
    today = clock.today(get_business(require_business_id()).time_zone)
    days = max(proposal.item.days for proposal in proposals)
    draft = OrderDraft(
        lines=[
            LineDraft(variant_id=proposal.item.variant_id, quantity=proposal.quantity)
            for proposal in proposals
        ],
        expected_on=today + dt.timedelta(days=days),
        rate=rate,
        rate_on=rate_on,
    )
    order: PurchaseOrder = draft_order(actor, supplier_id=supplier.pk, draft=draft)
    return order
