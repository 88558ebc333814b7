"""Addresses for companies that carry messages, and for who refuses advertising."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "notifications"
urlpatterns = [
    path("push/worker.js", views.push_worker, name="push_worker"),
    path("webhooks/messages/<slug:provider>/<uuid:business_id>/", views.webhook, name="webhook"),
    path("unsubscribe/<str:token>/", views.unsubscribe_page, name="unsubscribe"),
]
