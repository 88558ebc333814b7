"""Every write of the catalogue, one subject a file."""

from apps.goods.catalog.services.brands import (
    change_brand,
    create_brand,
    delete_brand,
    forget_brand_logo,
    set_brand_logo,
    show_brand_logo,
)
from apps.goods.catalog.services.bulk_adding import create_products
from apps.goods.catalog.services.bulk_changing import change_products
from apps.goods.catalog.services.bulk_removing import (
    delete_products,
    delete_unused,
    forget_remembered,
    withdraw_variants,
)
from apps.goods.catalog.services.categories import change_category, create_category, delete_category
from apps.goods.catalog.services.codes import make_codes, set_code_rule
from apps.goods.catalog.services.collections import (
    change_collection,
    create_collection,
    delete_collection,
    set_collection_products,
    show_collection,
)
from apps.goods.catalog.services.gallery import (
    add_image,
    add_pictures,
    add_remembered_images,
    arrange_pictures,
    begin_picture,
    describe_picture,
    forget_deleted,
    remove_image,
    set_cover,
    show_processed,
)
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
    "add_pictures",
    "add_remembered_images",
    "add_variant",
    "archive_product",
    "arrange_pictures",
    "begin_picture",
    "change_brand",
    "change_category",
    "change_collection",
    "change_products",
    "create_brand",
    "create_category",
    "create_collection",
    "create_product",
    "create_products",
    "delete_brand",
    "delete_category",
    "delete_collection",
    "delete_products",
    "delete_unused",
    "describe_picture",
    "forget_brand_logo",
    "forget_deleted",
    "forget_remembered",
    "make_codes",
    "publish_product",
    "publish_products",
    "remove_image",
    "restore_product",
    "retire_variant",
    "set_brand_logo",
    "set_code_rule",
    "set_collection_products",
    "set_cover",
    "set_price",
    "set_standing",
    "show_brand_logo",
    "show_collection",
    "show_processed",
    "unpublish_product",
    "update_product",
    "update_variant",
    "withdraw_variants",
]
