"""Asking carriers what a parcel would cost, for who looks at a page: outside of every transaction, and not for long."""

from __future__ import annotations

import datetime as dt
import logging
import time
import zoneinfo
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from apps.goods.catalog.models import Variant
from apps.kernel import clock, rates
from apps.kernel.actors import Actor
from apps.kernel.circuits import Ahead
from apps.kernel.errors import PermissionRefused
from apps.kernel.money import ZERO
from apps.kernel.tenancy import bind
from apps.kernel.use_cases import use_case
from apps.platform.accounts.callers import Caller
from apps.selling.shipping.carriers import (
    Account,
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
# Of one business: many who type postcodes must not use up its account at the carrier. What one visitor has of it is
# `carriers` of settings.STORE_RATES.
MOST_ASKED = "120/min"
KEPT_FOR = dt.timedelta(hours=1)
_DAYS_AT_MOST = 365
# A cart of several sellers, each with its carriers: the others wait for a free thread.
MOST_AT_ONCE = 8
_A_MOMENT = 0.2


def ask_carriers(questions: Sequence[Question], *, visitor: str = "") -> None:
    """Ask each question of its carrier, all at once and within three seconds, and keep the answers. Raises nothing.

    Not inside a use case: it waits for others. A carrier that refuses, or does not answer in time, is kept as one that
    cannot say; a price that was heard before stays as long as it was promised. `visitor` is who looks from outside
    (`visitor_of`, or the paper whose link somebody has): each has a share of what the business may ask, empty has none.
    """
    refuse_inside_use_case()
    ends = time.monotonic() + SECONDS
    wanted = {(one.account.pk, one.key): one for one in questions}.values()
    # Threads that held a connection each would empty the pool while carriers think: here is read, there is asked.
    calls = [_made_ready(one) for one in wanted if _is_within_rates(one, visitor)]
    _ask(calls, ends)
    heard: dict[UUID, list[CarrierAnswer]] = {}
    for call in calls:
        heard.setdefault(call.question.seller.pk, []).append(_answer(call))
    for business_id, answers in heard.items():
        keep_answers(Actor.system("shipping", business_id), answers=answers)


def visitor_of(actor: Actor) -> str:
    """The network of a stranger who looks at a store; empty for staff, programs and the product itself."""
    return Caller(actor.ip).network if actor.kind == "guest" and actor.ip else ""


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


@dataclass(slots=True)
class _Call:
    """A question with all that the database has to say to it, and what came of it."""

    question: Question
    parcel: Parcel
    account: Account | None = None
    ahead: Ahead | None = None
    rates: list[LiveRate] = field(default_factory=list)
    error: CarrierUnavailable | CarrierRefused | None = None


def _is_within_rates(question: Question, visitor: str) -> bool:
    seller = str(question.seller.pk)
    share = settings.STORE_RATES.get("carriers")
    # The visitor first: what somebody asks beyond the share takes nothing from the others'.
    if visitor and share and rates.count("store.carriers", f"{seller} {visitor}", share).is_over:
        log.info("shipping.visitor_asked_too_often", extra={"business": seller})
        return False
    if rates.count("shipping.ask", seller, MOST_ASKED).is_over:
        log.warning("shipping.asked_too_often", extra={"business": seller})
        return False
    return True


def _made_ready(question: Question) -> _Call:
    call = _Call(question, _parcel(question))
    carrier = question.account.carrier
    try:
        actor = Actor.system("shipping", question.seller.pk)
        call.account = open_account(actor, carrier, purpose="ask for rates")
        if circuit := get_carrier(carrier).circuit:
            call.ahead = Ahead(circuit)
    except (CarrierUnavailable, CarrierRefused) as error:
        call.error = error
    return call


def _ask(calls: Sequence[_Call], ends: float) -> None:
    """Ask all at once, so that a slow one takes no time from the others; whoever says nothing by `ends` is left."""
    open_calls = [call for call in calls if call.error is None]
    if len(open_calls) < 2:
        for call in open_calls:
            _take(call, _rates(call, ends))
        return
    pool = ThreadPoolExecutor(max_workers=MOST_AT_ONCE, thread_name_prefix="carrier")
    try:
        # With the language and the clock of who asks.
        asked = {pool.submit(copy_context().run, _rates_apart, call, ends): call for call in open_calls}
        # A moment more, so that a thread that has given up by itself can say so.
        wait(asked, timeout=max(0.0, ends - time.monotonic()) + _A_MOMENT)
    finally:
        # Nobody waits for one that hangs where no time-out reaches, such as looking up a name.
        pool.shutdown(wait=False, cancel_futures=True)
    for future, call in asked.items():
        if future.cancelled():  # no thread was free in time: that is not the carrier's silence
            _take(call, CarrierUnavailable(cause="no time left"))
        else:
            _take(call, future.result() if future.done() else None)


def _rates_apart(call: _Call, ends: float) -> list[LiveRate] | CarrierUnavailable | CarrierRefused:
    try:
        return _rates(call, ends)
    finally:
        connections.close_all()  # this thread's; there are none unless an adapter forgets itself


def _rates(call: _Call, ends: float) -> list[LiveRate] | CarrierUnavailable | CarrierRefused:
    """What the carrier says. The database is not asked: this may be another thread."""
    assert call.account is not None  # noqa: S101  (made ready without an error)
    try:
        with http.within(ends - time.monotonic()), call.ahead.apart() if call.ahead else nullcontext():
            adapter = get_carrier(call.question.account.carrier)
            return adapter.rates(account=call.account, parcel=call.parcel)
    except (CarrierUnavailable, CarrierRefused) as error:
        return error


def _take(call: _Call, said: list[LiveRate] | CarrierUnavailable | CarrierRefused | None) -> None:
    """Keep what was said with the call, and tell the carrier's circuit; None: nothing in time."""
    if isinstance(said, list):
        call.rates = said
    else:
        call.error = said or CarrierUnavailable(cause="no time left")
    if call.ahead is not None:
        call.ahead.tell(is_given_up=said is None)


def _answer(call: _Call) -> CarrierAnswer:
    """The answer as it is to be kept."""
    question, now = call.question, clock.now()
    row = CarrierAnswer(business_id=question.seller.pk, account=question.account, question=question.key)
    if call.error is not None:
        said = {"carrier": question.account.carrier, "said": str(call.error)[:200]}
        log.info("shipping.no_price", extra=said)
        row.problem = str(call.error.message)[:200]
        row.valid_until = now
        row.ask_again_at = now + (RENEWED_AFTER if isinstance(call.error, CarrierRefused) else SILENT_FOR)
        return row
    row.services = [_said(rate, call.parcel.ship_on) for rate in call.rates]
    row.valid_until, row.ask_again_at = now + VALID_FOR, now + RENEWED_AFTER
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
