"""Limits and tolerances of a business."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.goods.purchasing.models import PurchaseRules
from apps.goods.purchasing.policies import RULES
from apps.goods.purchasing.services import checking
from apps.goods.purchasing.services.orders import base_currency
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case


@use_case(permission=RULES, audits="purchasing.rules_set")
def set_rules(
    actor: Actor,
    *,
    over_receipt_percent: Decimal,
    approval_limit: Decimal,
    demand_weeks: int,
    cover_weeks: int,
    service_factor: Decimal,
) -> PurchaseRules:
    """Say how much more than ordered is accepted, who approves up to what, and what reordering reckons with.

    `approval_limit` is in the business's currency. Orders that are approved already keep their tolerance.
    """
    if not (over_receipt_percent.is_finite() and 0 <= over_receipt_percent <= 100):
        raise InvalidInput(fields={"over_receipt_percent": [_("Enter a percentage from 0 to 100.")]})
    if not (service_factor.is_finite() and 0 <= service_factor <= 4):
        raise InvalidInput(fields={"service_factor": [_("Enter a factor from 0 to 4.")]})
    for name, weeks in (("demand_weeks", demand_weeks), ("cover_weeks", cover_weeks)):
        if not 1 <= weeks <= 104:
            raise InvalidInput(fields={name: [_("Enter 1 to 104 weeks.")]})
    after = {
        "over_receipt_percent": checking.with_places(over_receipt_percent, 2, "over_receipt_percent"),
        "approval_limit": checking.amount_of(approval_limit, base_currency(), "approval_limit"),
        "demand_weeks": demand_weeks,
        "cover_weeks": cover_weeks,
        "service_factor": checking.with_places(service_factor, 2, "service_factor"),
    }
    PurchaseRules.objects.bulk_create([PurchaseRules()], ignore_conflicts=True)
    rules: PurchaseRules = lock_one(Rank.ROOT, PurchaseRules.objects.all())
    before = {name: getattr(rules, name) for name in after}
    if before != after:
        for name, value in after.items():
            setattr(rules, name, value)
        rules.save()
        audit.record(actor, "purchasing.rules_set", rules, before=before, after=after)
    return rules
