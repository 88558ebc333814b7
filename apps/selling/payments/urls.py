"""Under /webhooks/payments/."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "payments"
urlpatterns = [path("<slug:provider>/<uuid:business_id>/", views.webhook, name="webhook")]
