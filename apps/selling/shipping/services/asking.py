"""Asking carriers what a parcel would cost, for who looks at a page: outside of every transaction, and not for long."""

from __future__ import annotations

import datetime as dt
import logging
import time
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.goods.catalog.models import Variant
from apps.kernel import clock, rates
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.money import ZERO
from apps.kernel.tenancy import bind
from apps.kernel.use_cases import use_case
from apps.selling.shipping.carriers import (
    CarrierRefused,
    CarrierUnavailable,
    CustomsLine,
    LiveRate,
    Parcel,
    Party,
    get_carrier,
    http,
    needs_customs,
)
from apps.selling.shipping.live import Question
from apps.selling.shipping.models import CarrierAnswer, said
from apps.selling.shipping.services.credentials import open_account
from apps.selling.shipping.services.labels import refuse_inside_use_case

log = logging.getLogger(__name__)

# All carriers of a page together: somebody waits for it.
SECONDS = 3.0
VALID_FOR = dt.timedelta(minutes=15)
# Earlier than it runs out, so that who looks at a price has time to pay it.
RENEWED_AFTER = dt.timedelta(minutes=10)
# A carrier that did not answer is asked again soon, but not by everybody who looks.
SILENT_FOR = dt.timedelta(minutes=1)
# Of one business: somebody who types a thousand postcodes must not use up its account at the carrier.
MOST_ASKED = "120/min"
KEPT_FOR = dt.timedelta(hours=1)
_DAYS_AT_MOST = 365


def ask_carriers(questions: Sequence[Question]) -> None:
    """Ask each question of its carrier, within three seconds together, and keep the answers. Raises nothing.

    Not inside a use case: it waits for others. A carrier that refuses, or does not answer in its share of the time, is
    kept as one that cannot say; a price that was heard before stays as long as it was promised.
    """
    refuse_inside_use_case()
    wanted = list({(one.account.pk, one.key): one for one in questions}.values())
    ends = time.monotonic() + SECONDS
    heard: dict[UUID, list[CarrierAnswer]] = {}
    for number, question in enumerate(wanted):
        # One that is quick leaves its time to the next.
        share = max(0.0, ends - time.monotonic()) / (len(wanted) - number)
        if rates.count("shipping.ask", str(question.seller.pk), MOST_ASKED).is_over:
            log.warning("shipping.asked_too_often", extra={"business": str(question.seller.pk)})
            continue
        heard.setdefault(question.seller.pk, []).append(_ask(question, share))
    for business_id, answers in heard.items():
        keep_answers(Actor.system("shipping", business_id), answers=answers)


@use_case(unaudited="prices that end by themselves; the order made of them is entered")
def keep_answers(actor: Actor, *, answers: Sequence[CarrierAnswer]) -> None:
    """Keep what carriers said, in place of what they said before; silence never takes back a price that still holds."""
    if actor.kind != "system":
        raise PermissionRefused()
    now = clock.now()
    silent = [one for one in answers if one.problem]
    kept: set[tuple[UUID, str]] = set()
    if silent:
        known = CarrierAnswer.objects.filter(
            account__in=[one.account_id for one in silent],
            question__in=[one.question for one in silent],
            problem="",
            valid_until__gt=now,
        )
        kept = set(known.values_list("account_id", "question"))
        known.update(ask_again_at=now + SILENT_FOR)
    fresh = [one for one in answers if (one.account_id, one.question) not in kept or not one.problem]
    CarrierAnswer.objects.bulk_create(
        # In one order, so that two pages that ask the same do not wait for each other.
        sorted(fresh, key=lambda one: (one.account_id, one.question)),
        update_conflicts=True,
        unique_fields=["account", "question"],
        update_fields=["services", "problem", "valid_until", "ask_again_at", "updated_at"],
    )


@use_case(unaudited="prices that ended by themselves")
def forget_answers(actor: Actor, *, before: dt.datetime) -> None:
    """Drop the answers of the bound business that ran out before."""
    if actor.kind != "system":
        raise PermissionRefused()
    CarrierAnswer.objects.filter(valid_until__lt=before).delete()


def _ask(question: Question, seconds: float) -> CarrierAnswer:
    """The answer as it is to be kept."""
    carrier = question.account.carrier
    actor = Actor.system("shipping", question.seller.pk)
    row = CarrierAnswer(business_id=question.seller.pk, account=question.account, question=question.key)
    try:
        with http.within(seconds):
            parcel = _parcel(question)
            account = open_account(actor, carrier, purpose="ask for rates")
            found = get_carrier(carrier).rates(account=account, parcel=parcel)
    except (CarrierUnavailable, CarrierRefused) as error:
        log.info("shipping.no_price", extra={"carrier": carrier, "said": str(error)[:200]})
        row.problem = str(error.message)[:200]
        row.valid_until = clock.now()
        row.ask_again_at = row.valid_until + (
            RENEWED_AFTER if isinstance(error, CarrierRefused) else SILENT_FOR
        )
        return row
    row.services = [_said(rate, parcel.ship_on) for rate in found]
    row.valid_until = clock.now() + VALID_FOR
    row.ask_again_at = clock.now() + RENEWED_AFTER
    return row


def _said(rate: LiveRate, today: dt.date) -> dict[str, Any]:
    days = None if rate.due_at is None else (rate.due_at.date() - today).days
    return {
        "service": rate.service,
        "name": rate.name,
        "price": None if rate.price is None else str(rate.price),
        "currency": rate.currency,
        "days": days if days is not None and 0 <= days <= _DAYS_AT_MOST else None,
    }


def _parcel(question: Question) -> Parcel:
    home, place, box = question.seller, question.place, question.box
    shop = Party(
        home.name, home.line1, home.city, home.country, home.line2, home.region, home.postcode, home.phone,
        home.email,
    )  # fmt: skip
    goods = _goods(question.pieces, home) if needs_customs(home.country, place.country) else []
    return Parcel(
        reference=question.key[:32],
        order_number="",
        sender=shop,
        # As it is written on letters, however it was typed: the key does not tell "bs1 4dj" from "BS1 4DJ" either.
        receiver=Party(
            "", "", "", place.country, region=place.region, postcode=" ".join(place.postcode.upper().split())
        ),
        grams=box.grams,
        length_mm=box.sides[0],
        width_mm=box.sides[1],
        height_mm=box.sides[2],
        value=sum((one.value for one in goods), start=ZERO),
        currency=home.currency,
        contents="goods",
        ship_on=clock.now().astimezone(zoneinfo.ZoneInfo(home.time_zone)).date(),
        goods=tuple(goods),
    )


def _goods(pieces: Mapping[UUID, int], home: Any) -> list[CustomsLine]:
    """What customs are told of goods that nobody has ordered yet, at their list prices; one query."""
    with bind(home.pk):
        told = Variant.objects.filter(pk__in=list(pieces)).select_related("product")
        told = told.annotate(code=said("hs_code"), made_in=said("origin"), words=said("customs_text"))
        return [
            CustomsLine(
                description=one.words or one.product.title[:70],
                sku=one.sku,
                quantity=pieces[one.pk],
                value=one.price * pieces[one.pk],
                grams=one.weight_grams * pieces[one.pk],
                hs_code=one.code or "",
                origin=one.made_in or "",
            )
            for one in told.order_by("pk")
        ]
