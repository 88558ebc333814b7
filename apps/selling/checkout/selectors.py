"""Reads of carts for the store's pages and the API. The number of queries does not grow with the cart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.goods.catalog.amounts import QuantityRule, rule_of
from apps.goods.catalog.models import Pack, Product, Variant
from apps.goods.catalog.units import MEASURES, is_measured
from apps.goods.inventory.selectors import Available
from apps.kernel import clock, tenancy
from apps.kernel.money import ZERO
from apps.kernel.prepared import Prepared
from apps.kernel.tenancy import across
from apps.platform.businesses.models import Business
from apps.selling.pricing.choosing import ResolvedPrice
from apps.selling.promotions.applying import Applied
from apps.selling.promotions.values import AppliedPromotion, Buyer
from apps.selling.shipping.services import ask_carriers

from .items import has_codes, is_shown, pieces_of, read_items, stock_of
from .later import say_later
from .models import MAX_QUANTITY, Cart, CartItem, Checkout, Quote
from .pricing import Claim, PricedGroup, amount_of, discounts_of, price_cart, prices_of, say_codes
from .tokens import read_token

_MEASURED = [unit.code for unit in MEASURES]


def _with_count(carts: QuerySet[Cart]) -> QuerySet[Cart]:
    # Half a metre of cloth, kept in centimetres, is one thing and not fifty. Asked beside and not joined: goods of
    # other sellers, which are not in sight here, are counted as well.
    measured = Exists(Variant.objects.filter(pk=OuterRef("variant_id"), unit__in=_MEASURED))
    each = Case(When(Q(measured, pack__isnull=True), then=1), default="quantity", output_field=IntegerField())
    pieces = (
        CartItem.objects.filter(group__cart=OuterRef("pk"))
        .order_by()
        .values("group__cart")
        .annotate(pieces=Sum(each))
        .values("pieces")
    )
    return carts.annotate(item_count=Coalesce(Subquery(pieces, output_field=IntegerField()), 0))


def list_carts(carts: QuerySet[Cart]) -> QuerySet[Cart]:
    """`carts` with `item_count`, for a list of them; one query."""
    return _with_count(carts)


def find_cart(cart_token: str | None) -> Cart | None:
    """The active cart of the bound store behind a signed token, with `item_count` pieces; one query.

    None, without a query, for a forged token.
    """
    token = read_token(cart_token)
    if token is None:
        return None
    return _ACTIVE_CART.first(token)


_ACTIVE_CART: Prepared[Cart] = Prepared(
    lambda token: _with_count(Cart.objects.filter(token=token, state=Cart.State.ACTIVE)), "a token"
)


@across("tasks.due")
def list_across_left_carts(before: dt.datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(cart, business) of open carts with an address that nobody has touched since `before`, not noted yet."""
    idle = Cart.unscoped.filter(state=Cart.State.ACTIVE, updated_at__lt=before).exclude(email="")
    unnoted = idle.filter(Q(abandoned_at=None) | Q(abandoned_at__lt=F("updated_at")))
    return list(unnoted.order_by("updated_at").values_list("pk", "business_id")[:limit])


@across("tasks.due")
def list_across_old_quotes(before: dt.datetime, limit: int) -> dict[UUID, list[UUID]]:
    """Quotes that ran out before, by business."""
    return _by_business(Quote.unscoped.filter(expires_at__lt=before).order_by("expires_at"), limit)


@across("tasks.due")
def list_across_unopenable_carts(before: dt.datetime, limit: int) -> dict[UUID, list[UUID]]:
    """Carts that were never ordered and that nobody has touched since, by business."""
    open_carts = Cart.unscoped.exclude(state=Cart.State.CONVERTED)
    return _by_business(open_carts.filter(updated_at__lt=before).order_by("updated_at"), limit)


def _by_business(rows: QuerySet[Any], limit: int) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for pk, business_id in rows.values_list("pk", "business_id")[:limit]:
        found.setdefault(business_id, []).append(pk)
    return found


@dataclass(frozen=True, slots=True)
class Recovered:
    """What reminders of the last thirty days brought: mails, carts that came back, orders and what they came to."""

    reminded: int
    came_back: int
    ordered: int
    total: Decimal


def recovered() -> Recovered:
    """One query."""
    since = clock.now() - dt.timedelta(days=30)
    done = Q(recovered_at__isnull=False, state=Cart.State.CONVERTED)
    sums = Cart.objects.filter(reminded_at__gte=since).aggregate(
        reminded=Count("pk"),
        came_back=Count("pk", filter=Q(recovered_at__isnull=False)),
        ordered=Count("pk", filter=done),
        total=Sum("checkout__total", filter=done),
    )
    return Recovered(sums["reminded"], sums["came_back"], sums["ordered"], sums["total"] or ZERO)


def find_cart_of_user(user_id: UUID) -> Cart | None:
    """The active cart of a signed-in buyer, with `item_count`; one query."""
    found: Cart | None = _with_count(Cart.objects.filter(user_id=user_id, state=Cart.State.ACTIVE)).first()
    return found


def find_quote(quote_id: UUID) -> Quote | None:
    """A quote of the bound store, or None."""
    quote: Quote | None = Quote.objects.filter(pk=quote_id).first()
    return quote


def find_latest_quote(cart_id: UUID) -> Quote | None:
    """The newest quote of a cart, or None."""
    quote: Quote | None = Quote.objects.filter(cart_id=cart_id).order_by("-id").first()
    return quote


def find_checkout(checkout_id: UUID) -> Checkout | None:
    """A checkout of the bound store, or None."""
    checkout: Checkout | None = Checkout.objects.filter(pk=checkout_id).first()
    return checkout


def find_checkout_of_cart(cart_token: str | None) -> Checkout | None:
    """What the cart behind a signed token became; for the second of two submissions."""
    token = read_token(cart_token)
    if token is None:
        return None
    checkout: Checkout | None = Checkout.objects.filter(cart__token=token).first()
    return checkout


@dataclass(frozen=True, slots=True)
class LineView:
    """An item as the cart page shows it. `problem` is empty, "unpublished", "quantity_rule",
    "sold_out" or "too_many"."""

    item_id: UUID
    variant: Variant
    product: Product
    title: str
    variant_title: str
    quantity: int
    unit_price: Decimal
    compare_at_price: Decimal | None
    amount: Decimal
    available: int | None
    max_quantity: int
    rule: QuantityRule
    problem: str = ""
    warning: str = ""
    pack: Pack | None = None
    discount: Decimal = ZERO
    # When it is sold before it is there: when it is sent.
    later: str = ""

    @property
    def is_buyable(self) -> bool:
        """Whether it could be ordered as it stands."""
        return not self.problem


@dataclass(slots=True)
class GroupView:
    """One seller's part of the cart."""

    seller: Business
    lines: list[LineView]
    promotions: Applied = field(default_factory=Applied)

    @property
    def subtotal(self) -> Decimal:
        return sum((line.amount for line in self.lines if line.problem != "unpublished"), ZERO)


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as its page shows it; amounts are in `currency` and as prices are shown."""

    cart: Cart | None
    groups: list[GroupView] = field(default_factory=list)
    # Whether any of the sellers has codes, or one was typed.
    takes_codes: bool = False

    @property
    def lines(self) -> list[LineView]:
        return [line for group in self.groups for line in group.lines]

    @property
    def is_empty(self) -> bool:
        return not self.groups

    @property
    def count(self) -> int:
        """Pieces, not lines; of what is measured the line."""
        return sum(
            1 if is_measured(line.variant.unit) and line.pack is None else line.quantity
            for line in self.lines
        )

    @property
    def subtotal(self) -> Decimal:
        return sum((group.subtotal for group in self.groups), ZERO)

    @property
    def promotions(self) -> list[AppliedPromotion]:
        """What takes something off, free delivery included, whose amount is known at checkout."""
        return [one for group in self.groups for one in group.promotions.promised]

    @property
    def discount(self) -> Decimal:
        """What promotions take off the goods."""
        return sum((group.promotions.goods_discount for group in self.groups), ZERO)

    @property
    def total(self) -> Decimal:
        """What the goods cost, before delivery."""
        return self.subtotal - self.discount

    @property
    def codes(self) -> list[str]:
        return list(self.cart.codes) if self.cart is not None else []

    @property
    def code_warnings(self) -> list[str]:
        """Codes that do nothing, in words."""
        return say_codes([(group.seller, group.promotions) for group in self.groups])

    @property
    def currency(self) -> str:
        return self.groups[0].seller.currency if self.groups else ""

    @property
    def tax_inclusive(self) -> bool:
        return self.groups[0].seller.tax_inclusive if self.groups else True

    @property
    def warnings(self) -> list[str]:
        return [*(line.warning for line in self.lines if line.warning), *self.code_warnings]

    @property
    def can_check_out(self) -> bool:
        return not self.is_empty and all(line.is_buyable for line in self.lines)


def cart_view(cart: Cart | None, *, user_id: UUID | None = None) -> CartView:
    """A cart with its items, prices as they are now and what can be had of each; two queries, one for each seller with
    price lists and one for each with promotions. `user_id` is who has signed in: she sees her own prices.
    """
    if cart is None:
        return CartView(None)
    items = read_items(cart.pk)
    available = stock_of(items)
    claim = Claim(cart.codes, Buyer(email=cart.email, user_id=user_id or cart.user_id))
    groups: dict[Any, GroupView] = {}
    pieces = pieces_of(items)
    for _seller_id, members in groupby(items, key=lambda item: item.group.seller_id):
        theirs = list(members)
        seller = theirs[0].group.seller
        group = groups.setdefault(seller.pk, GroupView(seller, []))
        with tenancy.bind(seller.pk):
            later = say_later([item for item in theirs if _is_owed(item, available, pieces)])
        country = str(cart.details.get("country") or "")
        prices = prices_of(seller, theirs, claim)
        for item, price in zip(theirs, prices, strict=True):
            known, wanted = available.get(item.variant_id), pieces[item.variant_id]
            group.lines.append(_line_view(item, price, known, wanted, later.get(item.pk, "")))
        shown = [(item, price) for item, price in zip(theirs, prices, strict=True) if is_shown(item)]
        group.promotions = discounts_of(
            seller, [item for item, _ in shown], [price for _, price in shown], country=country, claim=claim
        )
    return CartView(cart, list(groups.values()), takes_codes=bool(cart.codes) or has_codes(items))


def _is_owed(item: CartItem, available: dict[UUID, Available], pieces: Mapping[UUID, int]) -> bool:
    """Whether all that is wanted can be promised, but not all of it is there yet."""
    free = available.get(item.variant_id)
    if free is None or not free.tracked:
        return False
    return free.quantity < pieces[item.variant_id] <= free.quantity + free.backorder


def delivery_offers(
    cart: Cart, *, country: str, postcode: str = "", user_id: UUID | None = None, visitor: str = ""
) -> list[PricedGroup]:
    """What delivery of the cart to a place would cost, for each seller in it; what a quote costs in statements.

    Not inside a use case: carriers that price a way and have not said yet are asked, for up to three seconds; `visitor`
    (`visitor_of`) has a share of these questions.
    """
    claim = Claim(cart.codes, Buyer(email=cart.email, user_id=user_id or cart.user_id))
    items = read_items(cart.pk)
    groups = price_cart(items, country=country, postcode=postcode, rate_id=None, claim=claim)
    if unasked := [question for group in groups for question in group.missing.unasked]:
        ask_carriers(unasked, visitor=visitor)
        groups = price_cart(items, country=country, postcode=postcode, rate_id=None, claim=claim)
    return [group for group in groups if group.items]


def _line_view(
    item: CartItem, price: ResolvedPrice, available: Available | None, wanted: int, later: str
) -> LineView:
    """`wanted` are the pieces of its variant in the whole cart."""
    sellable = available.sellable if available else None
    if sellable is not None:
        # As the line counts: what other lines of the variant want is not there for this one.
        sellable = (sellable - wanted + item.stock_pieces) // (item.pack.quantity if item.pack else 1)
    rule = item.rule
    problem, warning = _problem_of(item, sellable, wanted)
    return LineView(
        item_id=item.pk,
        variant=item.variant,
        product=item.variant.product,
        title=item.variant.product.title,
        variant_title=item.choice,
        quantity=item.quantity,
        unit_price=price.unit_price,
        compare_at_price=price.compare_at,
        amount=amount_of(item, price, item.group.seller.currency),
        discount=price.line_discount,
        available=sellable,
        max_quantity=rule.fit(MAX_QUANTITY if sellable is None else max(0, min(MAX_QUANTITY, sellable))),
        rule=rule,
        problem=problem,
        warning=warning,
        later="" if problem else later,
        pack=item.pack,
    )


def _problem_of(item: CartItem, sellable: int | None, wanted: int) -> tuple[str, str]:
    title = item.variant.product.title
    if not is_shown(item):
        return "unpublished", _("“%(title)s” is not sold any more.") % {"title": title}
    rule = rule_of(item.variant)
    if not rule.allows(wanted):
        return "quantity_rule", _("“%(title)s”: %(words)s Please change the quantity.") % {
            "title": title, "words": rule.words,
        }  # fmt: skip
    if sellable is None or sellable >= item.quantity:
        return "", ""
    sellable = item.rule.fit(sellable)
    if sellable <= 0:
        return "sold_out", _("“%(title)s” is sold out.") % {"title": title}
    text = ngettext(
        "Only %(left)s of “%(title)s” is left.", "Only %(left)s of “%(title)s” are left.", sellable
    )
    return "too_many", text % {"left": sellable, "title": title}
