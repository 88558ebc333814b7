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
from apps.goods.catalog.services.categories import (
    change_category,
    create_category,
    delete_category,
    move_category,
)
from apps.goods.catalog.services.certificates import (
    ResultDraft,
    add_certificate,
    approve_certificate,
    begin_certificate,
    correct_certificate,
    give_up_reading,
    read_certificate_file,
    reject_certificate,
)
from apps.goods.catalog.services.codes import make_codes, set_code_rule
from apps.goods.catalog.services.collections import (
    change_collection,
    create_collection,
    delete_collection,
    set_collection_products,
    show_collection,
)
from apps.goods.catalog.services.due_drafts import publish_due_draft, put_off_draft
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
from apps.goods.catalog.services.kits import set_kit_parts
from apps.goods.catalog.services.licensed import describe_licensed, set_licensed_trade
from apps.goods.catalog.services.packs import set_packs
from apps.goods.catalog.services.product_drafts import (
    begin_draft,
    change_draft,
    discard_draft,
    publish_draft,
    schedule_draft,
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
    "ResultDraft",
    "add_certificate",
    "add_image",
    "add_pictures",
    "add_remembered_images",
    "add_variant",
    "approve_certificate",
    "archive_product",
    "arrange_pictures",
    "begin_certificate",
    "begin_draft",
    "begin_picture",
    "change_brand",
    "change_category",
    "change_collection",
    "change_draft",
    "change_products",
    "correct_certificate",
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
    "describe_licensed",
    "describe_picture",
    "discard_draft",
    "forget_brand_logo",
    "forget_deleted",
    "forget_remembered",
    "give_up_reading",
    "make_codes",
    "move_category",
    "publish_draft",
    "publish_due_draft",
    "publish_product",
    "publish_products",
    "put_off_draft",
    "read_certificate_file",
    "reject_certificate",
    "remove_image",
    "restore_product",
    "retire_variant",
    "schedule_draft",
    "set_brand_logo",
    "set_code_rule",
    "set_collection_products",
    "set_cover",
    "set_kit_parts",
    "set_licensed_trade",
    "set_packs",
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
