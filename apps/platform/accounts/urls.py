"""Addresses of the account beside allauth's own."""

from django.urls import path

from apps.platform.accounts import oidc, saml, views

urlpatterns = [
    path("company/<slug:provider_id>/", oidc.start, name="openid_connect_login"),
    path("company/<slug:provider_id>/back/", oidc.callback, name="openid_connect_callback"),
    path("company/<slug:organization_slug>/saml/", saml.start, name="saml_login"),
    path("company/<slug:organization_slug>/saml/answer/", saml.answer, name="saml_acs"),
    path("company/<slug:organization_slug>/saml/finish/", saml.finish, name="saml_finish_acs"),
    path("company/<slug:organization_slug>/saml/signed-out/", saml.signed_out, name="saml_sls"),
    path("company/<slug:organization_slug>/saml/metadata/", saml.metadata, name="saml_metadata"),
    path("sessions/", views.sessions, name="account_sessions"),
    path("confirm-email/again/", views.confirm_again, name="account_confirm_again"),
]
