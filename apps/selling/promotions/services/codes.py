"""Codes of promotions: one that everybody shares, or many that each work once."""

from __future__ import annotations

import re
import secrets
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.selling.promotions import policies
from apps.selling.promotions.applying import clean_code
from apps.selling.promotions.models import Promotion, PromotionCode

MOST_GENERATED = 10_000
BATCH = 2_000
# Nothing that is mistaken for something else on paper: no 0 and O, no 1 and I, no U beside V.
LETTERS = "23456789ABCDEFGHJKLMNPQRSTVWXYZ"
RANDOM_LENGTH = 8
_SHAPE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,38}[A-Z0-9]")


@use_case(permission=policies.MANAGE, idempotent=True, audits="promotions.code_added")
def add_code(actor: Actor, *, promotion_id: UUID, code: str, key: str | None = None) -> PromotionCode:
    """A code that everybody may share. Raises `InvalidInput` for one that is none or is taken, `WrongState`."""
    promotion = _lock_for_codes(promotion_id)
    added = put_code(promotion, code)
    audit.record(actor, "promotions.code_added", promotion, after={"code": added.code})
    return added


@use_case(permission=policies.MANAGE, idempotent=True, audits="promotions.codes_generated")
def generate_codes(
    actor: Actor, *, promotion_id: UUID, count: int, prefix: str = "", key: str | None = None
) -> int:
    """Make `count` codes that each work once, such as `SPRING-7KQ2M9XA`; returns how many were made.

    At most 10,000 at once. They cannot be guessed: 31 to the power of 8 for each. Raises `InvalidInput`, `WrongState`.
    """
    promotion = _lock_for_codes(promotion_id)
    if isinstance(count, bool) or not 1 <= count <= MOST_GENERATED:
        message = _("A whole number from 1 to %(most)s.") % {"most": MOST_GENERATED}
        raise InvalidInput(message, fields={"count": [message]})
    prefix = clean_code(prefix)
    if prefix and not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{0,19}", prefix):
        message = _("A beginning has up to 20 letters, digits and dashes.")
        raise InvalidInput(message, fields={"prefix": [message]})
    head, made = f"{prefix.rstrip('-')}-" if prefix else "", 0
    while made < count:
        wanted = {head + _random() for _n in range(min(BATCH, count - made))}
        taken = set(PromotionCode.objects.filter(code__in=wanted).values_list("code", flat=True))
        rows = [PromotionCode(promotion=promotion, code=code, use_limit=1) for code in sorted(wanted - taken)]
        PromotionCode.objects.bulk_create(rows)
        made += len(rows)
    audit.record(actor, "promotions.codes_generated", promotion, after={"count": made, "prefix": prefix})
    return made


def _random() -> str:
    return "".join(secrets.choice(LETTERS) for _n in range(RANDOM_LENGTH))


def _lock_for_codes(promotion_id: UUID) -> Promotion:
    promotion = lock_one(Rank.COUPON, Promotion.objects.filter(pk=promotion_id))
    if promotion.ended_at is not None:
        raise WrongState(_("This promotion has been ended."))
    if not promotion.needs_code:
        raise WrongState(
            _("This promotion applies by itself and needs no code."),
            remedy=_("Change it to need one first."),
        )
    return promotion


def put_code(promotion: Promotion, text: str) -> PromotionCode:
    """Write a shared code; the caller holds the promotion or has just made it."""
    code = clean_code(text)
    if not _SHAPE.fullmatch(code):
        message = _("A code has 3 to 40 letters, digits and dashes.")
        raise InvalidInput(message, fields={"code": [message]})
    taken = PromotionCode.objects.filter(code=code).select_related("promotion").first()
    if taken is not None:
        message = _("This code belongs to “%(name)s”.") % {"name": taken.promotion.name}
        raise InvalidInput(message, code="code_taken", fields={"code": [message]})
    added: PromotionCode = PromotionCode.objects.create(promotion=promotion, code=code)
    return added
