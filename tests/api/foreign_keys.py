"""Bodies that name a thing by its key, which may be another house's or nobody's."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from .houses import House


def bodies_with_keys(ours: House) -> list[tuple[str, Any]]:
    """(path, body for a house's things, or for nobody's)."""

    def thing(house: House | None, label: str) -> str:
        return str(house.rows[label].pk if house else uuid4())

    own_variant, own_order = str(ours.values["variant"].pk), ours.values["order"].pk
    piece = {"quantity": 1}
    return [
        ("stock/receive/", lambda h: {"lines": [{**piece, "variant_id": thing(h, "catalog.variant")}]}),
        ("stock/adjust/", lambda h: {"lines": [{"delta": 1, "variant_id": thing(h, "catalog.variant")}]}),
        (
            "stock/receive/",
            lambda h: {
                "location_id": thing(h, "businesses.location"),
                "lines": [{**piece, "variant_id": own_variant}],
            },
        ),
        ("stock/set/", lambda h: {"lines": [{"quantity": 1, "variant_id": thing(h, "catalog.variant")}]}),
        (
            "stock/transfers/",
            lambda h: {
                "source_id": str(ours.rows["warehouse.transfer"].source_id),  # type: ignore[attr-defined]
                "destination_id": thing(h, "businesses.location"),
                "lines": [{**piece, "variant_id": own_variant}],
            },
        ),
        (
            f"companies/{ours.rows['customers.company'].pk}/persons/",
            lambda h: {"customer_id": thing(h, "customers.customer")},
        ),
        ("quotes/", lambda h: {"lines": [{**piece, "variant_id": thing(h, "catalog.variant")}]}),
        (
            "quotes/",
            lambda h: {
                "customer_id": thing(h, "customers.customer"),
                "lines": [{**piece, "variant_id": own_variant}],
            },
        ),
        (
            f"orders/{own_order}/amend-preview/",
            lambda h: {"added": [{**piece, "variant_id": thing(h, "catalog.variant")}]},
        ),
        (
            f"orders/{own_order}/amend/",
            lambda h: {"lines": [{"line_id": thing(h, "orders.orderline"), "quantity": 1}]},
        ),
        (
            f"stock/counts/{ours.rows['warehouse.stockcount'].pk}/scan/",
            lambda h: {"variant_id": thing(h, "catalog.variant")},
        ),
        (
            "products/",
            lambda h: {
                "title": "A",
                "category_id": thing(h, "catalog.category"),
                "variants": [{"price": "1"}],
            },
        ),
        (
            f"products/{ours.values['product'].pk}/PATCH",
            lambda h: {"category_id": thing(h, "catalog.category")},
        ),
        ("categories/", lambda h: {"name": "A", "parent_id": thing(h, "catalog.category")}),
        (
            f"collections/{ours.rows['catalog.collection'].pk}/products/",
            lambda h: {"product_ids": [thing(h, "catalog.product")]},
        ),
        (
            "kits/",
            lambda h: {
                "variant_id": thing(h, "catalog.variant"),
                "parts": [{**piece, "variant_id": own_variant}],
            },
        ),
        ("product-drafts/", lambda h: {"product_id": thing(h, "catalog.product")}),
        (
            f"products/{ours.values['product'].pk}/pictures/describe/",
            lambda h: {"image_id": thing(h, "catalog.productimage"), "alt": "A"},
        ),
        ("garments/", lambda h: {"product_id": thing(h, "catalog.product")}),
        *(
            (
                f"garments/{ours.rows['garments.garment'].pk}/PATCH",
                lambda h, name=name, label=label: {name: thing(h, label)},
            )
            for name, label in (
                ("style_id", "garments.style"),
                ("season_id", "garments.season"),
                ("scale_id", "garments.sizescale"),
                ("chart_id", "garments.sizechart"),
            )
        ),
        ("colours/", lambda h: {"name": "New", "media_id": thing(h, "media.media")}),
        (
            f"suppliers/{ours.rows['purchasing.supplier'].pk}/contacts/remove/",
            lambda h: {"contact_id": thing(h, "purchasing.suppliercontact")},
        ),
        (
            "certificates/",
            lambda h: {"product_id": thing(h, "catalog.product"), "media_id": thing(h, "media.media")},
        ),
        (
            f"orders/{own_order}/fulfil/",
            lambda h: {"lines": [{**piece, "line_id": thing(h, "orders.orderline")}]},
        ),
        (
            f"orders/{own_order}/refund/",
            lambda h: {"lines": [{**piece, "line_id": thing(h, "orders.orderline")}]},
        ),
        (f"orders/{own_order}/delivered/", lambda h: {"fulfilment_id": thing(h, "orders.fulfilment")}),
        (
            f"stores/{ours.business.slug}/cart/items/",
            lambda h: {**piece, "variant_id": thing(h, "catalog.variant")},
        ),
    ]
