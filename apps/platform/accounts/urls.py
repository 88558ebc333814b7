"""Addresses of the account beside allauth's own."""

from django.urls import path

from apps.platform.accounts import oidc, views

urlpatterns = [
    path("company/<slug:provider_id>/", oidc.start, name="openid_connect_login"),
    path("company/<slug:provider_id>/back/", oidc.callback, name="openid_connect_callback"),
    path("sessions/", views.sessions, name="account_sessions"),
    path("confirm-email/again/", views.confirm_again, name="account_confirm_again"),
]
