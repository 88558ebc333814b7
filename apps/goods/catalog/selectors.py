"""Reads of the catalogue. The store's pages are the hot path: few columns, few rows, one query each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, JSONObject

from apps.goods.catalog.models import (
    VISIBLE,
    Brand,
    Category,
    Certificate,
    CertificateResult,
    Collection,
    FormerAddress,
    KitPart,
    Pack,
    Product,
    ProductImage,
    ProductOption,
    Variant,
)
from apps.goods.catalog.searching import (
    LONGEST_TERM,
    SORTS,
    Asked,
    find_products,
    in_licensed_trade,
    like_words,
    search_products,
)
from apps.kernel.errors import NotFound
from apps.kernel.prepared import Prepared
from apps.platform.fields.selectors import store_part

__all__ = ["LONGEST_TERM", "SORTS", "Asked", "find_products", "search_products"]

PAGE_SIZE = 20
_page_parts: dict[str, Callable[[], Any]] = {}
COUNT_CAP = 1000
MOST_CERTIFICATES = 10


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
    description: str = ""
    seo_title: str = ""
    seo_description: str = ""


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
    # Of the licensed trade: whether it is shown at all, and the papers that customers may read, newest first.
    licensed: bool = False
    certificates: list[dict[str, Any]] = field(default_factory=list)
    # What its kits are made of: kit, quantity, title, variant.
    kit_parts: list[dict[str, Any]] = field(default_factory=list)
    # The packs that are sold: variant, id, name, quantity, price as text or None.
    packs: list[dict[str, Any]] = field(default_factory=list)
    # Fields of the business's own, and what apps above read along.
    fields: list[dict[str, Any]] = field(default_factory=list)
    parts: dict[str, Any] = field(default_factory=dict)


def list_published(
    *,
    term: str = "",
    category: str = "",
    min_price: Decimal | None = None,
    max_price: Decimal | None = None,
    tag: str = "",
    brand: str = "",
    sort: str = "newest",
) -> QuerySet[Product]:
    """Visible products of the bound business for the store's list, with their covers, one query.

    `category` is a slug and means the whole branch; prices are in the business's currency and inclusive; with
    `term` the best match comes first unless `sort` says otherwise. An unknown `sort` means newest first.
    """
    return find_products(Asked(term, category, brand, tag, min_price, max_price, sort=sort))


def search_similar(products: QuerySet[Product], term: str) -> QuerySet[Product]:
    """Products with words like those of `term`: for a slip of the finger, when `search_products` found nothing."""
    return like_words(products, term)


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
        ).order_by("place", "path")
    )
    facets = []
    for branch in branches:
        below = f"{branch.path}/"
        count = sum(other.own for other in branches if other.pk == branch.pk or other.path.startswith(below))
        if count:
            facts: dict[str, Any] = {
                item.name: getattr(branch, item.name, count) for item in fields(CategoryFacet)
            }
            facets.append(CategoryFacet(**facts))
    return facets


def get_published_product(slug: str) -> ProductPage:
    """A visible product for its page with options, pictures and shown variants, in two queries.

    Raises `NotFound` for one that is absent, hidden, or another business's: the same answer.
    """
    product: Any = _PRODUCT_PAGE.first(slug)
    if product is None:
        raise NotFound()
    return page_of_product(product, _SHOWN_VARIANTS.fetch(product.pk))


def page_of_product(product: Any, variants: list[Variant]) -> ProductPage:
    """The page of a product that was read by `with_page_parts`."""
    pictures = [_picture(raw) for raw in product.page_images]
    papers = product.page_certificates if product.page_licensed else []
    return ProductPage(
        product,
        product.page_options,
        pictures,
        variants,
        licensed=product.page_licensed,
        certificates=papers,
        kit_parts=product.page_kit_parts,
        packs=product.page_packs,
        fields=product.page_fields,
        parts={name: getattr(product, f"part_{name}") for name in _page_parts},
    )


def add_page_part(name: str, part: Callable[[], Any]) -> None:
    """Let an app above read something with the page of a product, in the same query: an expression over
    `OuterRef("pk")`, found at `ProductPage.parts[name]`. Called when the app is set up."""
    _page_parts[name] = part


def _product_page(slug: str) -> QuerySet[Product]:
    return with_page_parts(Product.objects.visible().filter(slug=slug))


def with_page_parts(products: QuerySet[Product]) -> QuerySet[Product]:
    """Products with all that their pages show besides variants, in one statement."""
    options = ProductOption.objects.filter(product=OuterRef("pk")).order_by("position")
    pictures = ProductImage.objects.filter(product=OuterRef("pk")).order_by("position", "id")
    return (
        products.select_related("category", "brand")
        .defer("search", "search_text", "brand__description")
        .annotate(
            page_options=ArraySubquery(options.values(facts=JSONObject(name="name", values="values"))),
            page_kit_parts=ArraySubquery(
                KitPart.objects.filter(kit__product=OuterRef("pk"))
                .order_by("kit_id", "position", "pk")
                .values(
                    facts=JSONObject(
                        kit="kit_id",
                        quantity="quantity",
                        title="part__product__title",
                        variant="part__title",
                    )
                )
            ),
            page_packs=ArraySubquery(
                Pack.objects.filter(variant__product=OuterRef("pk"), active=True, sold=True)
                .order_by("variant_id", "position", "pk")
                .values(
                    facts=JSONObject(
                        # As text: a number of JSON would come back as a float.
                        id="id",
                        variant="variant_id",
                        name="name",
                        quantity="quantity",
                        sku="sku",
                        price=Cast("price", TextField()),
                    )
                )
            ),
            page_licensed=in_licensed_trade(),
            page_certificates=ArraySubquery(_certificates()),
            page_images=ArraySubquery(pictures.values(facts=JSONObject(**{n: n for n in _PICTURE_FIELDS}))),
            page_fields=store_part("catalog.product"),
            **{f"part_{name}": part() for name, part in _page_parts.items()},
        )
    )


def _certificates() -> Any:
    """What customers may read of a product's papers, within the product's own statement."""
    results = CertificateResult.objects.filter(certificate=OuterRef("pk")).order_by("position", "id")
    facts = JSONObject(analyte="analyte", value="value", unit="unit", passed="passed")
    papers = Certificate.objects.filter(product=OuterRef("pk"), is_public=True).order_by(
        F("issued_on").desc(nulls_last=True), "-id"
    )
    return papers.values(
        facts=JSONObject(
            id="id", lot_code="lot_code", lab="lab", issued_on="issued_on",
            results=ArraySubquery(results.values(facts=facts)),
        )
    )[:MOST_CERTIFICATES]  # fmt: skip


def get_public_certificate(slug: str, certificate_id: UUID) -> Certificate:
    """A paper that customers may read, of a visible product; raises `NotFound`."""
    found: Certificate | None = (
        Certificate.objects.filter(
            in_licensed_trade(), pk=certificate_id, is_public=True, product__slug=slug,
            product__status=Product.Status.ACTIVE, product__published=True,
        )
        .select_related("media")
        .first()
    )  # fmt: skip
    if found is None or found.media is None:
        raise NotFound()
    return found


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
    return Category.objects.order_by("place", "path")


def list_siblings(category: Category | None) -> QuerySet[Category]:
    """The categories beside one, itself among them, in their order; without one those at the top."""
    return list_categories().filter(parent_id=category.parent_id if category else None)


def list_brands() -> QuerySet[Brand]:
    """Brands with products that the store shows, by name, each with their number (`shown`)."""
    counted = Count("products", filter=Q(products__status="active", products__published=True))
    return Brand.objects.annotate(shown=counted).filter(shown__gt=0).order_by("name", "pk")


def get_brand(slug: str) -> Brand:
    """A brand by its address; raises `NotFound`."""
    brand = Brand.objects.filter(slug=slug).first()
    if brand is None:
        raise NotFound()
    return brand


def list_collections() -> QuerySet[Collection]:
    """Collections that the store shows, by name."""
    return Collection.objects.filter(published=True).order_by("name", "pk")


def get_collection(slug: str) -> Collection:
    """A collection that the store shows, by its address; raises `NotFound`."""
    collection = Collection.objects.filter(slug=slug, published=True).first()
    if collection is None:
        raise NotFound()
    return collection


def find_present_address(kind: FormerAddress.Kind, slug: str) -> str | None:
    """What a former address is now; None when it never was one, has an owner again, or leads to nothing shown."""
    living: Any = _ADDRESSED[kind].objects
    former = FormerAddress.objects.filter(kind=kind, slug=slug).values("target_id")[:1]
    shown = living.filter(pk=Subquery(former))
    if kind == FormerAddress.Kind.PRODUCT:
        shown = shown.filter(VISIBLE)
    elif kind == FormerAddress.Kind.COLLECTION:
        shown = shown.filter(published=True)
    present = shown.exclude(Exists(living.filter(slug=slug))).values_list("slug", flat=True)
    return present.first()  # type: ignore[no-any-return]


_ADDRESSED: dict[str, Any] = {
    FormerAddress.Kind.PRODUCT: Product,
    FormerAddress.Kind.CATEGORY: Category,
    FormerAddress.Kind.COLLECTION: Collection,
    FormerAddress.Kind.BRAND: Brand,
}


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
