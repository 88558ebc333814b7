"""Keeping a version each time the store shows something new of a product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from apps.goods.catalog.contents import changes_of, content_of
from apps.goods.catalog.models import Product, ProductVersion, Variant
from apps.kernel import clock
from apps.kernel.actors import Actor

Way = ProductVersion.Way
# While a draft is published its many single changes are one version.
_held: ContextVar[bool] = ContextVar("catalog_versions_held", default=False)


@contextmanager
def hold_versions() -> Iterator[None]:
    """No version of its own for what is changed inside."""
    token = _held.set(True)
    try:
        yield
    finally:
        _held.reset(token)


def keep_version(
    actor: Actor, product: Product, way: Way = Way.CHANGED, *, made_by: str = ""
) -> ProductVersion | None:
    """Keep what the store shows from now on, within the use case that changed it; the product is locked.

    None when it is not shown, or shows what it showed before.
    """
    if _held.get() or not product.visible:
        return None
    variants = Variant.objects.filter(product=product, active=True).order_by("pk")
    last = ProductVersion.objects.filter(product=product).order_by("-number").first()
    made = _next_version(actor, product, variants, last, way, made_by)
    if made is not None:
        made.save(force_insert=True)
    return made


def keep_versions(actor: Actor, shown: Iterable[tuple[Product, Iterable[Variant]]]) -> None:
    """Keep a version of each product that shows something new, with its variants as they are now.

    Two statements for any number, none when nothing of it is shown.
    """
    wanted = [] if _held.get() else [(product, variants) for product, variants in shown if product.visible]
    if not wanted:
        return
    rows = ProductVersion.objects.filter(product__in=[product for product, _variants in wanted])
    last = {row.product_id: row for row in rows.order_by("product_id", "-number").distinct("product_id")}
    made = [
        _next_version(actor, product, variants, last.get(product.pk), Way.CHANGED, "")
        for product, variants in wanted
    ]
    ProductVersion.objects.bulk_create([version for version in made if version is not None])


def _next_version(
    actor: Actor,
    product: Product,
    variants: Iterable[Variant],
    last: ProductVersion | None,
    way: Way,
    made_by: str,
) -> ProductVersion | None:
    content = content_of(product, variants)
    if last is not None and last.content == content:
        return None
    return ProductVersion(
        product=product,
        number=last.number + 1 if last else 1,
        content=content,
        changed=changes_of(last.content, content) if last else [],
        way=way,
        made_by=(made_by or actor.label)[:200],
        made_at=clock.now(),
    )
