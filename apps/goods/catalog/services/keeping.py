"""Keeping a version each time the store shows something new of a product."""

from __future__ import annotations

from collections.abc import Iterator
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
    content = content_of(product, Variant.objects.filter(product=product, active=True).order_by("pk"))
    last = ProductVersion.objects.filter(product=product).order_by("-number").first()
    if last is not None and last.content == content:
        return None
    made: ProductVersion = ProductVersion.objects.create(
        product=product,
        number=last.number + 1 if last else 1,
        content=content,
        changed=changes_of(last.content, content) if last else [],
        way=way,
        made_by=(made_by or actor.label)[:200],
        made_at=clock.now(),
    )
    return made
