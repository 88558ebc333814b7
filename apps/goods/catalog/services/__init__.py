"""Every write of the catalogue, one subject a file."""

from apps.goods.catalog.services.categories import change_category, create_category, delete_category
from apps.goods.catalog.services.gallery import add_image, add_remembered_images, remove_image, set_cover
from apps.goods.catalog.services.products import create_product, update_product
from apps.goods.catalog.services.publishing import (
    archive_product,
    publish_product,
    publish_products,
    restore_product,
    set_standing,
    unpublish_product,
)
from apps.goods.catalog.services.variants import add_variant, retire_variant, set_price, update_variant

__all__ = [
    "add_image",
    "add_remembered_images",
    "add_variant",
    "archive_product",
    "change_category",
    "create_category",
    "create_product",
    "delete_category",
    "publish_product",
    "publish_products",
    "remove_image",
    "restore_product",
    "retire_variant",
    "set_cover",
    "set_price",
    "set_standing",
    "unpublish_product",
    "update_product",
    "update_variant",
]
