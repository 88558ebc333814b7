"""What carriers said a parcel would cost. Here it is read and never asked: see `services.asking`.

A question is everything a price depends on, as a digest; the answer is kept under it for a quarter of an hour, so that
the list of ways, the cart, the checkout and the order read one and the same price.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel import clock
from apps.kernel.money import round_money
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import get_business

from .carriers import find_carrier, needs_customs
from .carriers.reading import amount
from .fitting import Goods, Sides, smallest_that_holds
from .models import CarrierAccount, CarrierAnswer, Package, ShippingRate
from .zoning import Place

# Countries without postcodes: a price is asked for with the country alone.
WITHOUT_POSTCODES = frozenset(
    [
        "AE", "AG", "AO", "AW", "BI", "BJ", "BS", "BW", "BZ", "CD", "CF", "CG", "CI", "CK", "CM", "DJ", "DM", "ER",
        "FJ", "GA", "GD", "GH", "GM", "GQ", "GY", "HK", "KI", "KM", "KN", "KP", "LC", "ML", "MO", "MR", "MW", "NR",
        "NU", "QA", "RW", "SB", "SC", "SL", "SR", "ST", "SY", "TD", "TG", "TK", "TL", "TO", "TV", "UG", "VU", "YE",
        "ZW",
    ]
)  # fmt: skip
_POSTCODE = re.compile(r"^\s*(?=.*\d)[A-Za-z0-9][A-Za-z0-9 -]{1,10}\s*$")


@dataclass(frozen=True, slots=True)
class Box:
    """A parcel as it is carried: its sides in mm, and its weight with the package, in grams."""

    sides: Sides
    grams: int


@dataclass(frozen=True, slots=True)
class Question:
    """What a carrier is asked: what it takes for a parcel from the business to a place."""

    seller: Business
    account: CarrierAccount
    key: str
    place: Place
    box: Box
    # Pieces of each variant, and the variants: customs ask what is in it.
    pieces: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a rate that a carrier prices. Without a `price`, `why` says what is the matter.

    `is_over`: the price was shown, and its time has run out: nobody is charged it without having looked again.
    """

    price: Decimal | None = None
    days: int | None = None
    is_over: bool = False
    why: str = ""


@dataclass(slots=True)
class Missing:
    """What is missing for the ways of delivery to be complete: carriers that have yet to be asked, or a postcode."""

    unasked: list[Question] = field(default_factory=list)
    postcode: bool = False


@dataclass(slots=True)
class Live:
    """The answers for one parcel, its questions, and what is missing."""

    seller: Business
    answers: dict[UUID, CarrierAnswer] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    missing: Missing = field(default_factory=Missing)
    # Carriers, by account, that cannot be asked, and why.
    mute: dict[UUID, str] = field(default_factory=dict)

    def hear(self, rate: ShippingRate) -> Heard:
        """What the carrier of a rate said of its service, with what the business adds, in its currency."""
        account_id: Any = rate.carrier_account_id
        if why := self.mute.get(account_id):
            return Heard(why=why)
        answer = self.answers.get(account_id)
        if answer is None:
            return Heard(why=_("The carrier has not been asked yet."))
        if answer.problem:
            return Heard(why=answer.problem)
        said = next((one for one in answer.services if one["service"] == rate.carrier_service), None)
        price = amount(said["price"]) if said else None
        if said is None or price is None or price < 0:
            return Heard(why=_("The carrier does not offer this service there."))
        if said["currency"] != self.seller.currency:
            return Heard(why=_("The carrier answers in %(currency)s.") % {"currency": said["currency"]})
        asked = round_money(
            price * (100 + rate.carrier_percent) / 100 + rate.carrier_extra, self.seller.currency
        )
        return Heard(asked, said["days"], is_over=clock.now() >= answer.valid_until)


def read_live(
    seller: Business,
    rates: Sequence[ShippingRate],
    place: Place,
    *,
    pieces: Mapping[UUID, int],
    box: Box | None = None,
) -> Live:
    """What carriers have said for `pieces` (by variant) sent to `place`, of the bound business.

    Four statements, none when no carrier prices any of the rates. `box` is the parcel where somebody measured it, else
    the smallest package that holds the goods, else the usual one.
    """
    accounts = {rate.carrier_account.pk: rate.carrier_account for rate in rates if rate.carrier_account}
    live = Live(seller)
    if not accounts:
        return live
    home = get_business(seller.pk)
    goods = list(Variant.objects.filter(pk__in=list(pieces))) if pieces else []
    box = box or _box(goods, pieces)
    questions = {}
    for account in accounts.values():
        if why := _why_mute(account, place, box):
            live.mute[account.pk] = why
            live.missing.postcode |= why == _no_postcode()
        else:
            questions[account.pk] = _question(home, account, place, box, goods, pieces)  # type: ignore[arg-type]
    known = CarrierAnswer.objects.filter(
        account__in=list(questions), question__in=[one.key for one in questions.values()]
    )
    live.answers = {one.account_id: one for one in known if one.question == questions[one.account_id].key}
    live.questions = list(questions.values())
    now = clock.now()
    for account_id, question in questions.items():
        answer = live.answers.get(account_id)
        if answer is None or now >= answer.ask_again_at:
            live.missing.unasked.append(question)
    return live


def _why_mute(account: CarrierAccount, place: Place, box: Box | None) -> str:
    """Why this carrier is not asked at all, or ""."""
    adapter = find_carrier(account.carrier)
    if adapter is None or not account.active:
        return _("The carrier is not in use.")
    if box is None:
        return _("No package is set up, or nothing is in it: the carrier asks for its size.")
    # Half a postcode, or what is none, is not worth a call: the page is priced again with every change.
    if (
        adapter.asks_postcode
        and place.country not in WITHOUT_POSTCODES
        and not _POSTCODE.match(place.postcode)
    ):
        return _no_postcode()
    return ""


def _no_postcode() -> str:
    return _("The carrier asks for a postcode.")


def _box(goods: Sequence[Variant], pieces: Mapping[UUID, int]) -> Box | None:
    packages = list(Package.objects.filter(active=True)) if goods else []
    if not packages:
        return None
    sizes = [Goods(pieces[one.pk], (one.length_mm, one.width_mm, one.height_mm)) for one in goods]
    usual = next((one for one in packages if one.is_default), None)
    package = smallest_that_holds(sizes, packages) or usual or packages[0]
    grams = sum(one.weight_grams * pieces[one.pk] for one in goods) + package.empty_grams
    return Box((package.length_mm, package.width_mm, package.height_mm), grams)


def _question(
    home: Business,
    account: CarrierAccount,
    place: Place,
    box: Box,
    goods: Sequence[Variant],
    pieces: Mapping[UUID, int],
) -> Question:
    code = "".join(place.postcode.upper().split())
    # Across a border the price may go by what the goods are and are worth.
    declared: list[Any] = []
    if needs_customs(home.country, place.country):
        declared = sorted([str(one.pk), pieces[one.pk], f"{one.price.normalize():f}"] for one in goods)
    asked = [
        # New keys, or test becoming live: what was said before is another account's word.
        account.updated_at.isoformat(),
        [home.country, home.region, home.postcode, home.city, home.currency],
        [place.country, " ".join(place.region.casefold().split()), code],
        [*box.sides, box.grams],
        declared,
    ]
    key = hashlib.sha256(json.dumps(asked, separators=(",", ":")).encode()).hexdigest()
    return Question(home, account, key, place, box, {one.pk: pieces[one.pk] for one in goods})
