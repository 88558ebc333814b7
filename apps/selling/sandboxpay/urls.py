"""Under /sandbox-pay/."""

from __future__ import annotations

from django.urls import path

from . import shop_api, views

app_name = "sandboxpay"
urlpatterns = [
    path("api/merchants/<uuid:merchant>/sessions/", shop_api.sessions, name="api_sessions"),
    path(
        "api/merchants/<uuid:merchant>/sessions/<str:reference>/",
        shop_api.session_by_reference,
        name="api_session",
    ),
    path("api/merchants/<uuid:merchant>/sessions/<str:reference>/take/", shop_api.take, name="api_take"),
    path("api/merchants/<uuid:merchant>/refunds/", shop_api.refunds, name="api_refunds"),
    path("<uuid:session_id>/", views.session_page, name="session"),
    path("<uuid:session_id>/choose/", views.choose, name="choose"),
]
