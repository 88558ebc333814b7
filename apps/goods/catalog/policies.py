"""What staff may do with the catalogue."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Product
from apps.kernel.actors import Actor
from apps.kernel.permissions import declare
from apps.platform.fields.kinds import takes_fields

declare("products.read", _("See products"))
declare("products.change", _("Add and change products"))
declare("products.price", _("Change prices and costs"))
# Apart from seeing products and stock: whoever serves at a till need not know what goods were bought for.
SEES_COSTS = declare("products.costs", _("See what goods cost and what stock is worth"))
declare("products.publish", _("Publish, unpublish and archive products"))
declare("products.arrange", _("Arrange categories, brands and collections"))

takes_fields("catalog.product", _("Products"), read="products.read", change="products.change", in_store=True)
takes_fields("catalog.variant", _("Variants"), read="products.read", change="products.change")


def can_change_product(actor: Actor, product: Product) -> bool:
    """An archived product is brought back before it is changed."""
    return actor.may("products.change") and product.status != Product.Status.ARCHIVED


def can_publish_product(actor: Actor, product: Product) -> bool:
    """What has at least one variant to sell may be published."""
    return (
        actor.may("products.publish")
        and product.variant_count > 0
        and product.status != Product.Status.ARCHIVED
    )
