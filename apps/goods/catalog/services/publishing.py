"""A product's life: draft, active, archived; shown in the store or not."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.events import ProductPublished, ProductUnpublished
from apps.goods.catalog.models import Product
from apps.goods.catalog.services.keeping import Way, keep_version
from apps.goods.catalog.services.kits import check_no_part
from apps.goods.catalog.services.products import lock_product
from apps.goods.catalog.states import next_status
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.locks import Rank
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.media.services import Role, show_to_everybody

LARGEST_BATCH = 1000


@use_case(permission="products.publish", audits="products.publish")
def publish_product(actor: Actor, *, product_id: UUID) -> Product:
    """Show a product in the store; a draft becomes active. Doing it again changes nothing.

    Publishes `catalog.product_published`. Raises `WrongState` for an archived product or one without variants.
    """
    product = lock_product(product_id)
    _publish(actor, product)
    return product


@use_case(permission="products.publish", audits="products.publish")
def publish_products(actor: Actor, *, product_ids: Sequence[UUID]) -> list[Product]:
    """Show several products at once: all, or none when one of them cannot be. At most 1,000."""
    wanted = sorted(set(product_ids))[:LARGEST_BATCH]
    products = locks.lock(Rank.ROOT, Product.objects.filter(pk__in=wanted))
    if len(products) != len(wanted):
        raise NotFound()
    for product in products:
        _publish(actor, product)
    return products


@use_case(permission="products.publish", audits="products.unpublish")
def unpublish_product(actor: Actor, *, product_id: UUID) -> Product:
    """Take a product out of the store; it stays active for staff. Publishes `catalog.product_unpublished`."""
    return _move(actor, lock_product(product_id), "unpublish")


@use_case(permission="products.publish", audits="products.archive")
def archive_product(actor: Actor, *, product_id: UUID) -> Product:
    """Put a product away: out of the store and of daily lists, never out of orders and stock.

    Raises `WrongState` (`needed_by_kits`), naming the kits, while one that is sold is made of it.
    """
    return _move(actor, lock_product(product_id), "archive")


@use_case(permission="products.publish", audits="products.restore")
def restore_product(actor: Actor, *, product_id: UUID) -> Product:
    """Bring an archived product back as a draft."""
    return _move(actor, lock_product(product_id), "restore")


@use_case(permission="products.publish", audits="products.standing_set")
def set_standing(actor: Actor, *, product_id: UUID, status: str, published: bool) -> Product:
    """Bring a product to a status and visibility that a file names, whatever they are now.

    Only an active product is shown. Publishes as the single verbs do; the same standing writes nothing.
    """
    if status not in Product.Status.values:
        raise InvalidInput(fields={"status": [_("Use active, draft or archived.")]})
    return _set(
        actor, lock_product(product_id), status, published and status == Product.Status.ACTIVE, "standing_set"
    )


def _publish(actor: Actor, product: Product) -> None:
    if not product.variant_count:
        raise WrongState(
            _("“%(title)s” has no variant to sell.") % {"title": product.title},
            remedy=_("Add a variant with a price, then publish."),
        )
    _move(actor, product, "publish")


def _move(actor: Actor, product: Product, verb: str) -> Product:
    status, published = next_status(product, verb)
    return _set(actor, product, status, published, verb)


def _set(actor: Actor, product: Product, status: str, published: bool, verb: str) -> Product:
    if (status, published) == (product.status, product.published):
        return product
    if status == Product.Status.ARCHIVED and product.status != status:
        check_no_part([product])
    before = {"status": product.status, "published": product.published}
    was_visible = product.visible
    product.status, product.published = status, published
    if published:
        product.published_at = clock.now()
        # From the first time on: an order of then still shows its pictures when the product is taken back.
        show_to_everybody(
            target_type="catalog.product", target_id=product.pk, role=Role.GALLERY, is_public=True
        )
    product.save(update_fields=["status", "published", "published_at", "updated_at"])
    audit.record(
        actor, f"products.{verb}", product, before=before, after={"status": status, "published": published}
    )
    if product.visible:
        keep_version(actor, product, Way.PUBLISHED)
    if product.visible != was_visible:
        told = ProductPublished if product.visible else ProductUnpublished
        publish(told(business_id=require_business_id(), product_id=product.pk))
    return product
