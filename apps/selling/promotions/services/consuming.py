"""Uses: taken when an order is placed, given back when it ends before anything left; one statement each.

Lock order: coupon, last of all but the audit, for the counter of a code that a whole town types is one row. The
counters are raised by a statement that repeats the limit, so the last use goes once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.lines import Owner
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused, StaleQuote
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, note
from apps.kernel.money import ZERO
from apps.kernel.prepared import select
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.selling.promotions.values import AppliedPromotion

# What an offer that was sent promised is kept to when the last use went meanwhile: such a use is written, not counted
# (`counted`, no code), so that giving it back frees nobody else's.
# A limit is asked of the row as it is once it is locked, not as a quote saw it. A customer's uses have slots, of which
# the first free one is taken: two of her orders at once meet in the unique index, and nobody else's wait.
TAKE = """
    WITH held AS MATERIALIZED (
        SELECT id FROM promotions_promotion
         WHERE business_id = %(business)s AND id = ANY(%(promotions)s::uuid[]) AND use_limit IS NOT NULL
         ORDER BY id FOR NO KEY UPDATE
    ), counted AS (
        UPDATE promotions_promotion p SET used = p.used + 1 FROM held
         WHERE p.id = held.id AND p.used < p.use_limit
        RETURNING p.id
    ), held_codes AS MATERIALIZED (
        SELECT id FROM promotions_promotioncode
         WHERE business_id = %(business)s AND id = ANY(%(codes)s::uuid[]) AND use_limit IS NOT NULL
         ORDER BY id FOR NO KEY UPDATE
    ), counted_codes AS (
        UPDATE promotions_promotioncode c SET used = c.used + 1 FROM held_codes
         WHERE c.id = held_codes.id AND c.used < c.use_limit
        RETURNING c.id
    ), wanted AS (
        SELECT v.*, (
            SELECT min(free) FROM generate_series(1, v.most) free
             WHERE NOT EXISTS (
                SELECT 1 FROM promotions_appliedpromotion a
                 WHERE a.promotion_id = v.promotion_id AND a.customer_id = %(customer)s::uuid AND a.slot = free
                   AND a.released_at IS NULL)
            ) AS slot
          FROM jsonb_to_recordset(%(rows)s::jsonb) AS v(id uuid, promotion_id uuid, code_id uuid, name text,
            code_text text, kind text, currency text, amount numeric, revenue numeric, shares jsonb, most integer)
    ), written AS (
        INSERT INTO promotions_appliedpromotion (id, created_at, updated_at, business_id, promotion_id, code_id,
            owner_type, owner_id, customer_id, name, code_text, kind, currency, amount, revenue, shares, slot,
            applied_at, counted)
        SELECT id, %(now)s::timestamptz, %(now)s::timestamptz, %(business)s::uuid, promotion_id,
            CASE WHEN code_id IN (SELECT id FROM held_codes) AND code_id NOT IN (SELECT id FROM counted_codes)
                THEN NULL ELSE code_id END,
            %(owner_type)s::text, %(owner_id)s::uuid, %(customer)s::uuid, name, code_text, kind, currency, amount,
            revenue, shares, slot, %(now)s::timestamptz, promotion_id IN (SELECT id FROM counted)
          FROM wanted WHERE most IS NULL OR %(customer)s::uuid IS NULL OR slot IS NOT NULL
        ON CONFLICT (promotion_id, customer_id, slot) WHERE released_at IS NULL AND slot IS NOT NULL DO NOTHING
        RETURNING promotion_id
    )
    SELECT 'promotion', id FROM counted
    UNION ALL SELECT 'code', id FROM counted_codes
    UNION ALL SELECT 'use', promotion_id FROM written
"""
RELEASE = """
    WITH freed AS (
        UPDATE promotions_appliedpromotion SET released_at = %(now)s, updated_at = %(now)s
         WHERE business_id = %(business)s AND owner_type = %(owner_type)s AND owner_id = %(owner_id)s
           AND released_at IS NULL
        RETURNING promotion_id, code_id, counted
    ), held AS MATERIALIZED (
        SELECT id FROM promotions_promotion WHERE business_id = %(business)s AND use_limit IS NOT NULL
           AND id IN (SELECT promotion_id FROM freed WHERE counted)
         ORDER BY id FOR NO KEY UPDATE
    ), promotions AS (
        UPDATE promotions_promotion p SET used = GREATEST(p.used - 1, 0) FROM held WHERE p.id = held.id
    ), tested AS (
        UPDATE promotions_testorder SET released_at = %(now)s
         WHERE business_id = %(business)s AND order_id = %(owner_id)s AND released_at IS NULL
    ), codes AS (
        UPDATE promotions_promotioncode SET used = GREATEST(used - 1, 0)
         WHERE business_id = %(business)s AND use_limit IS NOT NULL AND id IN (SELECT code_id FROM freed)
    )
    SELECT promotion_id FROM freed
"""


@use_case(unaudited="part of an order, which is entered")
def consume_uses(
    actor: Actor,
    *,
    owner: Owner,
    customer_id: UUID | None,
    applied: Sequence[AppliedPromotion],
    currency: str,
    revenue: Any,
) -> None:
    """Take one use of each promotion for what `owner` names; one statement.

    Raises `StaleQuote` when somebody else had the last use meanwhile: the buyer is to see the new total.
    """
    if not actor.may("orders.place") and actor.kind not in {"guest", "customer"}:
        raise PermissionRefused()
    note(Rank.COUPON)
    facts: dict[str, Any] = {
        "now": clock.now(),
        "business": require_business_id(),
        "owner_type": owner.type,
        "owner_id": owner.id,
        "customer": customer_id,
        "promotions": [one.promotion_id for one in applied],
        "codes": [one.rule.code_id for one in applied if one.rule and one.rule.code_id],
        "rows": json.dumps([_row(one, currency, revenue) for one in applied]),
    }
    taken = set(select(TAKE, facts))
    _refuse([one for one in applied if not _is_taken(one, taken)])


def _is_taken(one: AppliedPromotion, taken: set[tuple[str, Any]]) -> bool:
    """Whether its use was written, and counted wherever there is a limit."""
    rule = one.rule
    counted = rule is None or not rule.has_use_limit or ("promotion", one.promotion_id) in taken
    code = rule is None or not rule.code_is_limited or ("code", rule.code_id) in taken
    return ("use", one.promotion_id) in taken and counted and code


def _refuse(gone: Sequence[AppliedPromotion]) -> None:
    if not gone:
        return
    names = ", ".join(f"“{one.code or one.name}”" for one in gone)
    raise StaleQuote(
        _("%(names)s has just been used up.") % {"names": names},
        kept=_("Your cart and your details are kept; nothing was charged."),
        remedy=_("Please look at the new total and confirm again."),
        changes=[
            {"variant_id": None, "title": one.name, "what": "promotion", "before": one.amount, "after": ZERO}
            for one in gone
        ],
    )


def _row(one: AppliedPromotion, currency: str, revenue: Any) -> dict[str, Any]:
    rule = one.rule
    return {
        "id": str(new_id()),
        "promotion_id": str(one.promotion_id),
        "code_id": str(rule.code_id) if rule is not None and rule.code_id else None,
        "name": one.name,
        "code_text": one.code,
        "kind": one.kind,
        "currency": currency,
        "amount": str(one.amount),
        "revenue": str(revenue),
        "shares": {str(line_id): str(share) for line_id, share in one.shares.items()},
        "most": rule.per_customer_limit if rule is not None else None,
    }


@use_case(unaudited="part of the end of an order, which is entered")
def release_uses(actor: Actor, *, owner: Owner) -> int:
    """Give the uses of an order that ended back; how many there were. A second time there are none."""
    note(Rank.COUPON)
    facts = {
        "now": clock.now(), "business": require_business_id(), "owner_type": owner.type, "owner_id": owner.id,
    }  # fmt: skip
    return len(select(RELEASE, facts))
