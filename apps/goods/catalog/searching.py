"""What a shopper finds: words, filters, facets with counts. One place for the store's pages and the API.

Words are found whole or begun, and by their English stem (`search`, kept by a trigger). When nothing has them all, the
words of the shop that are nearest to them are (`spelling`), or such as look alike (trigrams).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from apps.goods.catalog.models import (
    Brand,
    Category,
    Collection,
    CollectionItem,
    LicensedTrade,
    Product,
    ProductOption,
)
from apps.goods.catalog.rules import QUESTIONS, check_rules, condition_of
from apps.goods.catalog.spelling import respelled
from apps.goods.catalog.text import fold

LONGEST_TERM = 100
MOST_WORDS = 8
# Products that a preview of rules names.
PREVIEWED = 20
# The best of a word that half the shop has are looked for among so many: ranking them all would take half a second.
MOST_RANKED = 2000

SORTS: dict[str, tuple[Any, ...]] = {
    "newest": (F("published_at").desc(), "id"),
    "price": ("min_price", "id"),
    "-price": ("-min_price", "-id"),
    "title": ("title", "id"),
}
CARD_FIELDS = (
    "title", "slug", "vendor_name", "min_price", "max_price", "compare_at_price", "variant_count", "published_at",
    "cover__image", "cover__renditions", "cover__alt", "cover__width", "cover__height",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shopper asks of the list. Slugs name category, brand and collection; prices are inclusive."""

    term: str = ""
    category: str = ""
    brand: str = ""
    tag: str = ""
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool = False
    sale: bool = False
    # Of the licensed trade; contents in per cent, inclusive.
    classification: str = ""
    thc_min: Decimal | None = None
    thc_max: Decimal | None = None
    cbd_min: Decimal | None = None
    cbd_max: Decimal | None = None
    # The value of an option, as the business's library of colours writes it.
    colour: str = ""
    within: Collection | None = None
    sort: str = "newest"


def find_products(asked: Asked) -> QuerySet[Product]:
    """Visible products of the bound business with their covers, in one query.

    With words the best match comes first, in a collection made by hand its own order, unless `sort` says otherwise.
    """
    products = _narrowed(base_of(asked), asked)
    if asked.sort in SORTS and asked.sort != "newest":
        return products.order_by(*SORTS[asked.sort])
    query = words_query(asked.term)
    if query is not None:
        return _best_first(products, query)
    if asked.within is not None and asked.within.kind == Collection.Kind.MANUAL:
        place = CollectionItem.objects.filter(collection=asked.within, product=OuterRef("pk"))
        return products.annotate(place=Subquery(place.values("position")[:1])).order_by("place", "id")
    return products.order_by(*SORTS["newest"])


def find_similar(asked: Asked) -> QuerySet[Product]:
    """Products with words like those asked for: for a slip of the finger, when `find_products` found nothing."""
    meant = respelled(asked.term[:LONGEST_TERM])
    if meant is not None:
        return find_products(replace(asked, term=meant))
    products = _narrowed(base_of(replace(asked, term="")), asked)
    return like_words(products, asked.term)


def narrow(products: QuerySet[Product], asked: Asked) -> QuerySet[Product]:
    """Those of `products` that are what is asked, in their own order: however many, none is cut off."""
    return products.filter(pk__in=_narrowed(base_of(asked), asked).order_by().values("pk"))


def search_products(products: QuerySet[Product], term: str) -> QuerySet[Product]:
    """Those of `products` that hold every word of `term`, whole or begun, best match first."""
    query = words_query(term)
    if query is None:
        return products.none()
    return products.filter(search=query).order_by(SearchRank(F("search"), query).desc(), "id")


def words_query(term: str) -> SearchQuery | None:
    """Every word of `term`, begun or by its stem; None when there is none."""
    words = fold(term[:LONGEST_TERM]).split()[:MOST_WORDS]
    whole: Any = None
    for word in words:
        # The words are folded to letters and digits, so nothing in them is an operator.
        begun = SearchQuery(f"{word}:*", search_type="raw", config="simple")
        part = begun | SearchQuery(word, search_type="plain", config="english")
        whole = part if whole is None else whole & part
    return whole


def like_words(products: QuerySet[Product], term: str) -> QuerySet[Product]:
    """Those of `products` that have, for each word of `term`, the word itself or one like it."""
    for word in fold(term[:LONGEST_TERM]).split()[:MOST_WORDS]:
        products = products.filter(search_text__trigram_word_similar=word)
    return products.order_by("title", "id")


def _best_first(products: QuerySet[Product], query: Any) -> QuerySet[Product]:
    some = products.order_by().values("pk")[:MOST_RANKED]
    best: Any = Product.objects.filter(pk__in=some)
    best.query.select_related = products.query.select_related
    return best.order_by(SearchRank(F("search"), query).desc(), "id")


def in_collection(products: QuerySet[Product], collection: Collection) -> QuerySet[Product]:
    """Those of `products` that a collection holds now."""
    if collection.kind == Collection.Kind.RULES:
        return products.filter(condition_of(collection.rules, collection.match))
    return products.filter(
        Exists(CollectionItem.objects.filter(collection=collection, product=OuterRef("pk")))
    )


def preview_rules(rules: Sequence[Mapping[str, Any]], match: str) -> tuple[int, list[Product]]:
    """How many products of the store meet rules that nobody saved yet, and the first of them by title.

    Raises `InvalidInput` for rules that cannot be meant.
    """
    found = Product.objects.visible().filter(condition_of(check_rules(rules), match))
    shown = found.defer("search", "search_text", "description_html").order_by("title", "id")
    return found.count(), list(shown[:PREVIEWED])


def base_of(asked: Asked) -> QuerySet[Product]:
    """What the words and the collection leave: the facets count in this."""
    products: QuerySet[Product] = Product.objects.visible().select_related("cover").only(*CARD_FIELDS)
    if asked.within is not None:
        products = in_collection(products, asked.within)
    query = words_query(asked.term)
    if query is not None:
        products = products.filter(search=query)
    if asked.sale:
        products = products.filter(ON_SALE)
    if asked.in_stock:
        products = products.filter(in_stock())
    return products


def _narrowed(products: QuerySet[Product], asked: Asked) -> QuerySet[Product]:
    for condition in chosen_of(asked).values():
        products = products.filter(condition)
    return products


ON_SALE = Q(compare_at_price__gt=F("min_price"))


def in_stock() -> Q:
    """Whether at least one unit can be sold, as the app that knows it says; without one, always."""
    question = QUESTIONS.get("in_stock")
    return question.condition("yes") if question is not None else Q()


def chosen_of(asked: Asked) -> dict[str, Q]:
    """The choices that each have a facet, by the facet."""
    chosen = {}
    if asked.category:
        chosen["category"] = Q(category__in=_branch(asked.category))
    if asked.brand:
        chosen["brand"] = Q(brand__in=Brand.objects.filter(slug=asked.brand).values("pk"))
    if asked.tag:
        chosen["tag"] = Q(tags__contains=[asked.tag])
    price = Q()
    if asked.min_price is not None:
        price &= Q(max_price__gte=asked.min_price)
    if asked.max_price is not None:
        price &= Q(min_price__lte=asked.max_price)
    if price:
        chosen["price"] = price
    if asked.colour:
        named = ProductOption.objects.filter(product=OuterRef("pk"), values__contains=[asked.colour])
        chosen["colour"] = Q(Exists(named))
    return chosen | _licensed_of(asked)


def _licensed_of(asked: Asked) -> dict[str, Q]:
    """The choices of the licensed trade; for a business that is not in it nothing meets them."""
    chosen = {}
    if asked.classification:
        chosen["classification"] = Q(in_licensed_trade(), classification=asked.classification)
    for name in ("thc", "cbd"):
        contents = Q()
        if (low := getattr(asked, f"{name}_min")) is not None:
            contents &= Q(**{f"{name}_max__gte": low})
        if (high := getattr(asked, f"{name}_max")) is not None:
            contents &= Q(**{f"{name}_min__lte": high})
        if contents:
            # What is said in milligrams is in no range of per cent.
            chosen[name] = Q(in_licensed_trade(), **{f"{name}_unit": "percent"}) & contents
    return chosen


def in_licensed_trade() -> Exists:
    """Whether the business sells licensed goods; asked once a statement."""
    return Exists(LicensedTrade.objects.filter(is_on=True))


def _branch(slug: str) -> QuerySet[Any, Any]:
    """The ids of a category and of all below it."""
    path = Subquery(Category.objects.filter(slug=slug).values("path")[:1])
    below = Category.objects.alias(root=path).filter(
        Q(slug=slug) | Q(path__startswith=Concat(F("root"), Value("/")))
    )
    return below.values("pk")
