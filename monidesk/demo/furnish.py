"""A demo business before its first order: people, categories, products, stock."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import product as combinations
from uuid import UUID

from django.contrib.auth.hashers import make_password

from apps.goods.catalog.drafts import VariantDraft
from apps.goods.catalog.models import Variant
from apps.goods.catalog.services import create_category, create_product, publish_product
from apps.goods.inventory.lines import StockLine
from apps.goods.inventory.services import receive_stock
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.platform.accounts.models import User
from apps.platform.accounts.services import confirm_address, register_user
from apps.platform.businesses.models import Business, Location
from apps.platform.businesses.services import add_member, create_business
from monidesk.demo.people import DEMO_PASSWORD, STAFF
from monidesk.demo.shops import Item, Shop


@dataclass(slots=True)
class Furnished:
    """What the year of trade needs to know of a business."""

    business: Business
    location_id: UUID
    variants: dict[str, list[UUID]] = field(default_factory=dict)
    costs: dict[UUID, Decimal] = field(default_factory=dict)
    on_shelf: dict[UUID, int] = field(default_factory=dict)


def furnish(shop: Shop, opened_at: dt.datetime, chooser: random.Random) -> Furnished:
    """Make the business as it stood on the day it opened."""
    with clock.travel(opened_at):
        business = _found(shop)
        with tenancy.bind(business.pk):
            location = Location.objects.get(is_default=True)
            furnished = Furnished(business, location.pk)
            actor = Actor.system("demo", business.pk)
            _stock_catalogue(actor, shop, furnished, chooser)
            restock(actor, furnished, chooser, first=True)
        outbox.drain(business_id=business.pk)
    return furnished


def _found(shop: Shop) -> Business:
    system = Actor.system("demo", None)
    (_owner_code, owner_name, owner_box), *others = STAFF
    owner = _person(system, shop, owner_name, owner_box)
    business = create_business(
        system,
        owner=owner,
        name=shop.name,
        slug=shop.slug,
        country=shop.country,
        currency=shop.currency,
        tax_inclusive=shop.tax_inclusive,
        tax_rate=shop.tax_rate,
        tax_name=shop.tax_name,
        tax_number=shop.tax_number,
        time_zone=shop.time_zone,
        line1=shop.line1,
        city=shop.city,
        region=shop.region,
        postcode=shop.postcode,
        email=f"hello@{shop.slug}.example.com",
        order_prefix=shop.prefix,
        accent_colour=shop.accent_colour,
        is_demo=True,
    )
    outbox.drain(business_id=business.pk)
    for role, name, box in others:
        person = _person(system, shop, name, box)
        add_member(Actor.system("demo", business.pk), user=person, role_code=role)
    return business


def login_of(shop: Shop, box: str) -> str:
    """The e-mail address a member of a demo business signs in with."""
    return f"{box}@{shop.slug}.example.com"


def _person(actor: Actor, shop: Shop, name: str, box: str) -> User:
    person = register_user(actor, email=login_of(shop, box), password=None, display_name=name)
    person.password = _demo_password_hash()
    person.save(update_fields=["password"])
    # Nobody can open a link mailed to an address that does not exist; two-step sign-in asks for a proved one.
    confirm_address(actor, user=person)
    return person


@cache
def _demo_password_hash() -> str:
    """Hashed once: argon2 is slow on purpose, and everybody in the demo has the same password."""
    return make_password(DEMO_PASSWORD)


def _stock_catalogue(actor: Actor, shop: Shop, furnished: Furnished, chooser: random.Random) -> None:
    categories = {
        name: create_category(actor, name=name).pk
        for name in dict.fromkeys(item.category for item in shop.items)
    }
    for item in shop.items:
        made = create_product(
            actor,
            title=item.title,
            variants=_variants_of(item, shop, chooser),
            options=list(item.options),
            description_html=f"<p>{item.text}</p>",
            vendor_name=shop.vendor,
            product_type=item.category,
            tags=item.tags,
            category_id=categories[item.category],
        )
        publish_product(actor, product_id=made.pk)
        rows = Variant.objects.filter(product=made).order_by("position").values_list("pk", flat=True)
        furnished.variants[item.title] = list(rows)
        furnished.costs.update(dict.fromkeys(rows, Decimal(item.cost)))


def _variants_of(item: Item, shop: Shop, chooser: random.Random) -> list[VariantDraft]:
    stem = "".join(word[0] for word in item.title.split())[:4].upper() + f"{shop.items.index(item) + 1:02d}"
    return [
        VariantDraft(
            price=Decimal(item.price),
            option_values=list(values),
            sku=f"{shop.prefix}{stem}-{number:02d}",
            compare_at_price=Decimal(item.compare_at) if item.compare_at else None,
            cost=Decimal(item.cost),
            weight_grams=chooser.randrange(50, 1500, 10),
        )
        for number, values in enumerate(combinations(*item.options.values()), start=1)
    ]


def restock(actor: Actor, furnished: Furnished, chooser: random.Random, *, first: bool = False) -> None:
    """Fill the shelves: everything at first, later what has run low."""
    lines = []
    for variant_id, cost in furnished.costs.items():
        have = furnished.on_shelf.get(variant_id, 0)
        if not first and have > 4:
            continue
        quantity = chooser.randint(8, 22)
        paid = (cost * Decimal(chooser.randint(96, 108)) / 100).quantize(Decimal("0.01"))
        lines.append(StockLine(variant_id=variant_id, quantity=quantity, unit_cost=paid))
        furnished.on_shelf[variant_id] = have + quantity
    if lines:
        note = "Opening stock" if first else "Monthly delivery"
        receive_stock(
            actor,
            location_id=furnished.location_id,
            lines=lines,
            reference_type="opening" if first else "delivery",
            note=note,
        )
