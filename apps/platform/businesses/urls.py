"""Addresses of signing up and joining; they stand before the accounts' own."""

from django.urls import path

from apps.platform.businesses.views import invitation_page, sign_up_page

urlpatterns = [
    path("accounts/signup/", sign_up_page, name="account_signup"),
    path("invitations/<str:token>/", invitation_page, name="invitation"),
]
