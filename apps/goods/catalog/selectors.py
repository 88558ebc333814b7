"""Reads of the catalogue. The store's pages are the hot path: few columns, few rows, one query each."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat, JSONObject

from apps.goods.catalog.models import VISIBLE, Category, Product, ProductImage, ProductOption, Variant
from apps.goods.catalog.text import fold
from apps.kernel.errors import NotFound
from apps.kernel.prepared import Prepared

PAGE_SIZE = 20
COUNT_CAP = 1000
LONGEST_TERM = 100

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
class Page:
    """One page of a list, found without counting the rest."""

    items: list[Any]
    number: int
    has_next: bool

    @property
    def has_previous(self) -> bool:
        return self.number > 1


@dataclass(frozen=True, slots=True)
class CategoryFacet:
    """A category with the number of visible products in it and below it."""

    id: UUID
    name: str
    slug: str
    path: str
    depth: int
    count: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for a page: `path` is a storage path, empty when a drawn one stands in."""

    id: UUID
    path: str
    alt: str
    width: int | None
    height: int | None
    variant_id: UUID | None
    renditions: dict[str, str]


@dataclass(frozen=True, slots=True)
class ProductPage:
    """All that the catalogue knows for a product's page, read in two queries."""

    product: Product
    options: list[dict[str, Any]]
    pictures: list[Picture]
    variants: list[Variant] = field(default_factory=list)


def list_published(
    *,
    term: str = "",
    category: str = "",
    min_price: Decimal | None = None,
    max_price: Decimal | None = None,
    tag: str = "",
    vendor: str = "",
    sort: str = "newest",
) -> QuerySet[Product]:
    """Visible products of the bound business for the store's list, with their covers, one query.

    `category` is a slug and means the whole branch; prices are in the business's currency and inclusive; with
    `term` the best match comes first unless `sort` says otherwise. An unknown `sort` means newest first.
    """
    products = Product.objects.visible().select_related("cover").only(*CARD_FIELDS)
    if category:
        products = products.filter(category__in=_branch(category))
    if min_price is not None:
        products = products.filter(max_price__gte=min_price)
    if max_price is not None:
        products = products.filter(min_price__lte=max_price)
    if tag:
        products = products.filter(tags__contains=[tag])
    if vendor:
        products = products.filter(vendor_name=vendor)
    if term and fold(term):
        found = search_products(products, term)
        return found if sort not in SORTS or sort == "newest" else found.order_by(*SORTS[sort])
    return products.order_by(*SORTS.get(sort, SORTS["newest"]))


def search_products(products: QuerySet[Product], term: str) -> QuerySet[Product]:
    """Products that hold every word of `term`, whole or begun, best match first."""
    words = fold(term[:LONGEST_TERM]).split()[:8]
    if not words:
        return products.none()
    # The words are folded to letters and digits, so nothing in them is an operator.
    query = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
    return products.filter(search=query).order_by(SearchRank(F("search"), query).desc(), "id")


def search_similar(products: QuerySet[Product], term: str) -> QuerySet[Product]:
    """Products with a word like `term`: for a slip of the finger, when `search_products` found nothing."""
    wanted = fold(term[:LONGEST_TERM])
    return products.filter(search_text__trigram_word_similar=wanted).order_by("title", "id")


def read_page(products: QuerySet[Any], number: int = 1, size: int = PAGE_SIZE) -> Page:
    """Page `number` of a list; one row more is read instead of counting them all."""
    number = max(1, min(number, 10_000))
    start = (number - 1) * size
    return page_of(list(products[start : start + size + 1]), number, size)


def page_of(items: list[Any], number: int, size: int) -> Page:
    """Page `number` of what was read: one row more than `size` says that another page follows."""
    return Page(items=items[:size], number=number, has_next=len(items) > size)


def count_up_to(products: QuerySet[Any], cap: int = COUNT_CAP) -> int:
    """The number of rows, but at most `cap + 1`, so that a huge list does not cost a huge count."""
    return products.order_by().values("pk")[: cap + 1].count()


def list_category_facets() -> list[CategoryFacet]:
    """The tree with the number of visible products of each branch, in one query; empty branches are left out."""
    branches = list(
        Category.objects.annotate(
            own=Count("products", filter=Q(products__status="active", products__published=True))
        ).order_by("path")
    )
    facets = []
    for branch in branches:
        below = f"{branch.path}/"
        count = sum(other.own for other in branches if other.pk == branch.pk or other.path.startswith(below))
        if count:
            facets.append(
                CategoryFacet(branch.pk, branch.name, branch.slug, branch.path, branch.depth, count)
            )
    return facets


def get_published_product(slug: str) -> ProductPage:
    """A visible product for its page with options, pictures and shown variants, in two queries.

    Raises `NotFound` for one that is absent, hidden, or another business's: the same answer.
    """
    product: Any = _PRODUCT_PAGE.first(slug)
    if product is None:
        raise NotFound()
    pictures = [_picture(raw) for raw in product.page_images]
    return ProductPage(product, product.page_options, pictures, _SHOWN_VARIANTS.fetch(product.pk))


def _product_page(slug: str) -> QuerySet[Product]:
    options = ProductOption.objects.filter(product=OuterRef("pk")).order_by("position")
    pictures = ProductImage.objects.filter(product=OuterRef("pk")).order_by("position", "id")
    return (
        Product.objects.visible()
        .filter(slug=slug)
        .select_related("category")
        .defer("search", "search_text")
        .annotate(
            page_options=ArraySubquery(options.values(facts=JSONObject(name="name", values="values"))),
            page_images=ArraySubquery(pictures.values(facts=JSONObject(**{n: n for n in _PICTURE_FIELDS}))),
        )
    )


def list_shown_variants(product_id: UUID) -> QuerySet[Variant]:
    """The variants of a product that may be bought, in their order."""
    return Variant.objects.filter(product_id=product_id, active=True, published=True).order_by(
        "position", "id"
    )


_PICTURE_FIELDS = ("id", "image", "alt", "width", "height", "variant_id", "renditions")
_PRODUCT_PAGE = Prepared(_product_page, "a-slug")
_SHOWN_VARIANTS = Prepared(list_shown_variants, uuid4())


def list_sellable_variants(variant_ids: list[UUID]) -> QuerySet[Variant]:
    """Variants of visible products with their products and covers: for carts and quotes, one query."""
    return Variant.objects.filter(
        pk__in=variant_ids,
        active=True,
        published=True,
        product__status=Product.Status.ACTIVE,
        product__published=True,
    ).select_related("product", "product__cover")


def find_variant_by_sku(sku: str) -> Variant | None:
    """The active variant with this SKU, capitals or not."""
    return Variant.objects.filter(sku__iexact=sku.strip(), active=True).first() if sku.strip() else None


def get_product(product_id: UUID) -> Product:
    """A product for staff, in any status; raises `NotFound`."""
    product = Product.objects.select_related("category", "cover").filter(pk=product_id).first()
    if product is None:
        raise NotFound()
    return product


def list_pictures(product_id: UUID) -> QuerySet[ProductImage]:
    """A product's pictures in their order, for staff, with their files."""
    rows = ProductImage.objects.filter(product_id=product_id).order_by("position", "id")
    return rows.select_related("media").prefetch_related("media__derived")


def list_categories() -> QuerySet[Category]:
    """The whole tree in reading order."""
    return Category.objects.order_by("path")


def list_vendors(limit: int = 50) -> list[str]:
    """Vendors of visible products, in order of name."""
    names = Product.objects.filter(VISIBLE).exclude(vendor_name="").order_by("vendor_name")
    return list(names.values_list("vendor_name", flat=True).distinct()[:limit])


def _branch(slug: str) -> QuerySet[Any, Any]:
    """The ids of a category and of all below it."""
    path = Subquery(Category.objects.filter(slug=slug).values("path")[:1])
    below = Category.objects.alias(root=path).filter(
        Q(slug=slug) | Q(path__startswith=Concat(F("root"), Value("/")))
    )
    return below.values("pk")


def _picture(raw: dict[str, Any]) -> Picture:
    variant_id = UUID(raw["variant_id"]) if raw["variant_id"] else None
    return Picture(
        UUID(raw["id"]),
        raw["image"] or "",
        raw["alt"],
        raw["width"],
        raw["height"],
        variant_id,
        raw["renditions"],
    )
