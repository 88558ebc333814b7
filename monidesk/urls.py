"""Every address of the product, one line a door."""

from __future__ import annotations

from django.urls import include, path

handler500 = "monidesk.error_pages.server_error"

urlpatterns = [
    # First, because shoppers ask most: what stands behind is not tried for them.
    path("", include("apps.selling.storefront.urls")),
    path("", include("monidesk.probes")),
    path("api/v1/", include("monidesk.api")),
    path("", include("apps.platform.businesses.urls")),
    path("accounts/", include("apps.platform.accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("platform/", include("apps.platform.backoffice.platform_area.urls")),
    path("admin/", include("apps.platform.backoffice.urls")),
    path("", include("apps.platform.notifications.urls")),
    path("webhooks/payments/", include("apps.selling.payments.urls")),
    path("sandbox-pay/", include("apps.selling.sandboxpay.urls")),
    path("files/", include("apps.platform.media.urls")),
    path("documents/", include("apps.money.invoicing.urls")),
    path("", include("apps.goods.purchasing.urls")),
]
