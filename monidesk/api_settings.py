"""How the API behaves: who is believed, how much is taken, what the document says."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.platform.api.identity.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.platform.api.permissions.ServicePermission"],
    "DEFAULT_PARSER_CLASSES": ["apps.platform.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.platform.api.negotiation.JsonOnly",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_PAGINATION_CLASS": "apps.platform.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["apps.platform.api.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "apps.platform.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "apps.platform.api.problems.respond",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

# A body is a handful of lines, never a file; Django's own larger limit is for uploads in the back office.
API_MAX_BODY_BYTES = 1024 * 1024
API_THROTTLES: dict[str, str] = {
    "caller": os.environ.get("API_RATE_CALLER", "1200/min"),
    "key": os.environ.get("API_RATE_KEY", "600/min"),
    "store": os.environ.get("API_RATE_STORE", "600/min"),
    "checkout": os.environ.get("API_RATE_CHECKOUT", "60/min"),
    "export": os.environ.get("API_RATE_EXPORT", "60/hour"),
    "sign_in": os.environ.get("API_RATE_SIGN_IN", "30/min"),
    "sign_in_account": os.environ.get("API_RATE_SIGN_IN_ACCOUNT", "20/hour"),
}


# What a page of another address may send and read, when its address is named in API_CORS_ORIGINS.
CORS_ALLOW_HEADERS = (
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "idempotency-key",
    "refresh-token",
    "x-business",
    "x-cart",
    "x-request-id",
)
CORS_EXPOSE_HEADERS = (
    "Access-Token",
    "Refresh-Token",
    "Idempotent-Replay",
    "RateLimit-Limit",
    "RateLimit-Policy",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Request-ID",
)

# An access token ends soon, so that a lost one is worth little; a refresh token works once.
ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=14)


def signing_keys(secret_key: str) -> list[str]:
    """The keys that sign tokens: the first signs, all of them verify. `API_SIGNING_KEYS=new,old` changes the key."""
    given = os.environ.get("API_SIGNING_KEYS") or secret_key
    return [key.strip() for key in given.split(",") if key.strip()]


SPECTACULAR_SETTINGS: dict[str, Any] = {
    "DEFAULT_GENERATOR_CLASS": "apps.platform.api.schema.ApiSchemaGenerator",
    "TITLE": "MoniDesk API",
    "DESCRIPTION": (
        "Products, stock, customers, orders and books of one business, and the public store of each.\n\n"
        "Amounts are text in the currency that stands beside them, moments are ISO 8601 in UTC, lists are read "
        "page by page with `next`. Everything that fails answers `application/problem+json` with a stable `code`."
    ),
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_NO_READ_ONLY_REQUIRED": False,
    "SORT_OPERATIONS": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "displayOperationId": False},
    "ENFORCE_NON_BLANK_FIELDS": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.platform.api.schema.add_problem",
    ],
    "AUTHENTICATION_WHITELIST": None,
    "ENUM_NAME_OVERRIDES": {
        "StockUnit": "apps.goods.catalog.units.UNIT_CHOICES",
        "ContentUnit": "apps.goods.catalog.models.products.ContentUnit",
        "OrderState": "apps.selling.orders.states.OrderState",
        "QuoteState": "apps.selling.quotes.models.QuoteState",
        "OrderPaymentState": "apps.selling.orders.states.PaymentState",
        "OrderFulfilmentState": "apps.selling.orders.states.FulfilmentState",
        "ParcelState": "apps.selling.orders.models.Fulfilment.State",
        "OrderRefundState": "apps.selling.orders.models.OrderRefund.State",
        "PaymentState": "apps.selling.payments.states.PaymentState",
        "PaymentRefundState": "apps.selling.payments.states.RefundState",
        "MediaKind": "apps.platform.media.states.MediaKind",
        "MediaState": "apps.platform.media.states.MediaState",
        "TransferApproval": "apps.goods.warehouse.models.Transfer.Approval",
        "SizeScaleKind": "apps.goods.garments.models.SizeScale.Kind",
        "MeasureUnit": "apps.goods.garments.models.Garment.Unit",
        "StockAlertState": "apps.goods.inventory.models.StockAlert.State",
        "CollectionKindEnum": "apps.goods.catalog.models.Collection.Kind",
        "ImportKind": "apps.goods.imports.models.ImportJob.Kind",
        "ImportState": "apps.goods.imports.models.ImportJob.State",
        "TransferState": "apps.goods.warehouse.models.Transfer.State",
        "CountState": "apps.goods.warehouse.models.StockCount.State",
        "AdjustmentState": "apps.goods.inventory.models.Adjustment.State",
        "ProductStatus": "apps.goods.catalog.models.Product.Status",
        "SupplierStatus": "apps.goods.purchasing.models.Supplier.Status",
        "PurchaseOrderState": "apps.goods.purchasing.models.OrderState",
        "RejectReason": "apps.goods.purchasing.models.RejectReason",
        "ReasonEnum": "apps.goods.inventory.models.StockMovement.Reason",
        "LandedCostKind": "apps.goods.purchasing.models.ChargeKind",
        "CompanyPaymentWay": "apps.money.receivables.models.Settlement.Way",
        "PromotionKind": "apps.selling.promotions.models.Kind",
        "CreditKind": "apps.selling.credit.models.AccountKind",
        "CreditEntryKind": "apps.selling.credit.models.CreditEntry.Kind",
        "Tender": "apps.selling.orders.models.Tender",
        "ReturnState": "apps.selling.returns.models.ReturnState",
        "ReturnWish": "apps.selling.returns.models.Wish",
        "ReturnReason": "apps.selling.returns.models.Reason",
        "PriceKind": "apps.selling.pricing.models.PriceListEntry.Kind",
        "PriceLevel": "apps.selling.pricing.models.Level",
        "CompetitorPriceSource": "apps.selling.pricing.models.CompetitorPrice.Source",
        "ChannelEnum": "apps.selling.orders.models.order.Channel",
        "SupplierNoteChannel": "apps.goods.purchasing.models.SupplierNote.Channel",
    },
}
