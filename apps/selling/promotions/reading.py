"""Promotions as the engine wants them, with all that they depend on, in one query for any number of lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal
from uuid import UUID, uuid4

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    F,
    FilteredRelation,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, JSONObject

from apps.goods.catalog.models import Category, Collection, CollectionItem, Product, Variant
from apps.goods.catalog.rules import condition_of
from apps.kernel.prepared import Prepared
from apps.kernel.tenancy import bind
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business

from .models import AppliedPromotion, Promotion, TestArm
from .trials import part_of
from .values import Buyer, Known, Rule, Trial

# Whether a customer has ordered before is known above; see `ordered_before`.
_history: list[Callable[[], Any]] = []


def ordered_before(source: Callable[[], Any]) -> Callable[[], Any]:
    """Let the app of orders say whether a customer (`OuterRef("pk")`) has ordered before: a condition of a query."""
    _history[:] = [source]
    return source


class _InArray(Func):
    """Whether the first expression is an element of the array that is the second."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def _is_in(field: str, column: str) -> _InArray:
    return _InArray(F(field), OuterRef(column))


def read_rules(
    seller: Business,
    products: Mapping[UUID, UUID],
    codes: Sequence[str],
    buyer: Buyer,
    *,
    everything: bool = False,
) -> tuple[list[Rule], Known, list[Trial]]:
    """Automatic promotions of the seller and those of the codes, what is known of the buyer, and her tests.

    `products` are those of the basket's variants. One query; one more when a promotion is for a collection by rules,
    and none more for the tests. With `everything` also those that need a code that was not typed, and those that are
    over.
    """
    with bind(seller.pk):
        rows = _read(sorted(products), codes, buyer, everything=everything)
        found = _found_by_rules(rows, products)
    known = Known()
    if rows and rows[0].buyer_key is not None:
        known = Known(rows[0].buyer_key, tuple(rows[0].buyer_tags or ()), bool(rows[0].buyer_has_ordered))
    rules: dict[UUID, Rule] = {}
    for row in rows:
        # Two codes of one promotion count once; the one that still works wins.
        before = rules.get(row.pk)
        if before is None or (before.code_used_up and not _is_code_used_up(row)):
            rules[row.pk] = _rule(row, products, found.get(row.pk, frozenset()), buyer.divided_by)
    return list(rules.values()), known, _trials(rows, buyer.divided_by)


def _found_by_rules(rows: Sequence[Any], products: Mapping[UUID, UUID]) -> dict[UUID, frozenset[UUID]]:
    """By promotion, the basket's variants whose products its collections find by their rules now."""
    asked = {one["id"]: one for row in rows for one in row.by_rules}
    if not asked:
        return {}
    answers = {
        f"in_{number}": Exists(
            Product.objects.filter(pk=OuterRef("pk")).filter(condition_of(one["rules"], one["match"]))
        )
        for number, one in enumerate(asked.values())
    }
    basket = Product.objects.filter(pk__in=set(products.values())).annotate(**answers)
    inside: dict[str, set[UUID]] = {pk: set() for pk in asked}
    for product in basket.values("pk", *answers):
        for number, pk in enumerate(asked):
            if product[f"in_{number}"]:
                inside[pk].add(product["pk"])
    return {
        row.pk: frozenset(
            variant_id
            for variant_id, product_id in products.items()
            if any(product_id in inside[one["id"]] for one in row.by_rules)
        )
        for row in rows
        if row.by_rules
    }


def _trials(rows: Sequence[Any], unit: str) -> list[Trial]:
    """The running tests that the promotions are part of, with the arm of this buyer; none for nobody in particular."""
    arms = {one["id"]: (row.test_id, row.test_seed, one) for row in rows for one in row.test_arms or ()}
    if not unit:
        return []
    return [
        Trial(test_id, UUID(arm_id), unit)
        for arm_id, (test_id, seed, one) in arms.items()
        if one["first"] <= part_of(seed, unit) < one["last"]
    ]


# How a buyer is known decides what is asked of her; see `_buyer_facts`.
_How = Literal["stranger", "key", "vouched", "typed", "typed by a user", "user"]


def _read(variant_ids: Sequence[UUID], codes: Sequence[str], buyer: Buyer, *, everything: bool) -> list[Any]:
    """The rows of `_rows`. Their SQL takes Django longer to make than the database to answer: it is made once."""
    how, who = _known_by(buyer)
    arguments = (list(variant_ids), list(codes), *who)
    if everything:
        return list(_rows(*arguments, how=how, everything=True))
    return _PREPARED[how].fetch(*arguments)


def _known_by(buyer: Buyer) -> tuple[_How, tuple[Any, ...]]:
    email = buyer.email.strip().lower()
    if buyer.customer_id is not None:
        return "key", (buyer.customer_id,)
    if buyer.email:
        if buyer.is_vouched:
            return "vouched", (email,)
        return ("typed", (email,)) if buyer.user_id is None else ("typed by a user", (email, buyer.user_id))
    return ("stranger", ()) if buyer.user_id is None else ("user", (buyer.user_id,))


def _rows(
    variant_ids: list[UUID], codes: list[str], *who: Any, how: _How, everything: bool = False
) -> QuerySet[Any]:
    typed = FilteredRelation("codes", condition=Q(codes__code__any_of=codes))
    running = FilteredRelation("arms", condition=Q(arms__live=True))
    rows: QuerySet[Any] = Promotion.objects.alias(typed=typed, running=running).annotate(
        typed_id=F("typed__pk"),
        typed_code=F("typed__code"),
        typed_limit=F("typed__use_limit"),
        typed_used=F("typed__used"),
        matched=ArraySubquery(_chosen(variant_ids).values("pk")),
        gift_matched=ArraySubquery(_gifts(variant_ids).values("pk")),
        by_rules=ArraySubquery(_asked_by_rules()),
        test_id=F("running__test_id"),
        test_name=F("running__test__name"),
        test_seed=F("running__test__seed"),
        arm_first=F("running__first"),
        arm_last=F("running__last"),
        test_arms=ArraySubquery(_arms()),
        **_buyer_facts(how, *who),
    )
    if everything:
        return rows.order_by("priority", "id")
    automatic = Q(needs_code=False, ended_at=None)
    return rows.filter(automatic | Q(typed__isnull=False)).order_by("priority", "id")


def _chosen(variant_ids: list[UUID]) -> QuerySet[Variant]:
    """The basket's variants that a promotion is for."""
    in_collection = CollectionItem.objects.filter(product_id=OuterRef("product_id"))
    below = Category.objects.filter(_InArray(F("pk"), OuterRef(OuterRef("categories")))).filter(
        Q(path=OuterRef("product__category__path"))
        | Q(_Below(OuterRef("product__category__path"), F("path")))
    )
    return (
        Variant.objects.filter(pk__any_of=variant_ids)
        .filter(
            Q(_is_in("pk", "variants"))
            | Q(_is_in("product_id", "products"))
            | Q(_is_in("product__brand_id", "brands"))
            | Q(Exists(below))
            | Q(Exists(in_collection.filter(_InArray(F("collection_id"), OuterRef(OuterRef("collections"))))))
        )
        .order_by("pk")
    )


def _asked_by_rules() -> QuerySet[Any, Any]:
    """The collections by rules that a promotion is for, with what they ask."""
    chosen = Collection.objects.filter(_InArray(F("pk"), OuterRef("collections")), kind=Collection.Kind.RULES)
    return chosen.order_by("pk").values(asked=JSONObject(id="pk", rules="rules", match="match"))


def _arms() -> QuerySet[Any, Any]:
    """The arms of the running test that a promotion is part of."""
    arms = TestArm.objects.filter(test_id=OuterRef("running__test_id"), live=True).order_by("position")
    return arms.values(arm=JSONObject(id="pk", first="first", last="last"))


class _Below(Func):
    """Whether the first path lies below the second in the tree of categories."""

    template = "starts_with(%(expressions)s || '/')"
    arg_joiner = ", "
    output_field = BooleanField()


def _gifts(variant_ids: list[UUID]) -> QuerySet[Variant]:
    return Variant.objects.filter(pk__any_of=variant_ids).filter(
        Q(_is_in("pk", "gift_variants")) | Q(_is_in("product_id", "gift_products"))
    )


def _buyer_facts(how: _How, *who: Any) -> dict[str, Any]:
    """Columns that tell of the buyer, the same in each row; nulls for a stranger."""
    if how == "stranger":
        return {
            "buyer_key": Value(None, output_field=IntegerField()),
            "buyer_tags": Value(None, output_field=IntegerField()),
            "buyer_has_ordered": Value(False),
            "buyer_uses": Value(0),
        }
    columns = {"key": "pk", "user": "user_id"}
    known = Q((columns.get(how, "email"), who[0]))
    customer = Customer.objects.filter(known).order_by("pk")
    # An address that was only typed limits uses; what a business gives to marked customers asks for a sign-in, or
    # anybody could have it by typing one of theirs.
    proven = known
    if how == "typed":
        proven = Q(pk__in=[])
    elif how == "typed by a user":
        proven = Q(user_id=who[1])
    marked = Customer.objects.filter(proven).order_by("pk")
    before = _history[0]() if _history else Value(False)
    uses = (
        AppliedPromotion.objects.filter(
            promotion=OuterRef("pk"), released_at=None, customer_id__in=customer.values("pk")[:1]
        )
        .order_by()
        .values("promotion")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return {
        "buyer_key": Subquery(customer.values("pk")[:1]),
        "buyer_tags": Subquery(marked.values("tags")[:1]),
        "buyer_has_ordered": Subquery(customer.annotate(has=before).values("has")[:1]),
        "buyer_uses": Coalesce(Subquery(uses, output_field=IntegerField()), 0),
    }


_SAMPLES: dict[_How, tuple[Any, ...]] = {
    "stranger": (),
    "key": (uuid4(),),
    "vouched": ("an address",),
    "typed": ("an address",),
    "typed by a user": ("an address", uuid4()),
    "user": (uuid4(),),
}
_PREPARED: dict[_How, Prepared[Any]] = {
    how: Prepared(partial(_rows, how=how), [uuid4()], ["a code"], *who) for how, who in _SAMPLES.items()
}


def _is_code_used_up(row: Any) -> bool:
    return row.typed_limit is not None and row.typed_used >= row.typed_limit


def _rule(row: Any, products: Mapping[UUID, UUID], found: frozenset[UUID], unit: str) -> Rule:
    """The engine's value of a row of `_rows`; `found` are variants that rules of its collections find."""
    has_gifts = bool(row.gift_products or row.gift_variants)
    return Rule(
        promotion_id=row.pk,
        name=row.name,
        kind=row.kind,
        value=row.value,
        each_piece=row.each_piece,
        buy_quantity=row.buy_quantity,
        get_quantity=row.get_quantity,
        targets=frozenset(row.matched) | found if row.has_scope else None,
        components=_components(row, products),
        gifts=frozenset(row.gift_matched) if has_gifts else None,
        priority=row.priority,
        exclusive=row.exclusive,
        group=row.group,
        times=row.times_per_order,
        minimum_amount=row.minimum_amount,
        minimum_quantity=row.minimum_quantity,
        customer_tags=tuple(row.customer_tags),
        first_order_only=row.first_order_only,
        channels=tuple(row.channels),
        countries=tuple(row.countries),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        weekdays=tuple(row.weekdays),
        from_time=row.from_time,
        to_time=row.to_time,
        needs_code=row.needs_code,
        code=row.typed_code or "",
        code_id=row.typed_id,
        code_is_limited=row.typed_limit is not None,
        code_used_up=row.typed_id is not None and _is_code_used_up(row),
        has_use_limit=row.use_limit is not None,
        used_up=row.use_limit is not None and row.used >= row.use_limit,
        per_customer_limit=row.per_customer_limit,
        uses_of_buyer=row.buyer_uses,
        is_paused=row.paused_at is not None,
        has_ended=row.ended_at is not None,
        test=row.test_name or "",
        in_arm=row.test_id is None or row.arm_first <= part_of(row.test_seed, unit) < row.arm_last,
    )


def _components(row: Any, products: Mapping[UUID, UUID]) -> tuple[frozenset[Any], ...]:
    """The chosen products and variants one by one, for a bundle of one of each; variants come first."""
    by_product: dict[Any, set[Any]] = {}
    for variant_id in row.matched:
        by_product.setdefault(products[variant_id], set()).add(variant_id)
    return (
        *(frozenset([pk] if pk in row.matched else []) for pk in row.variants),
        *(frozenset(by_product.get(pk, ())) for pk in row.products),
    )
