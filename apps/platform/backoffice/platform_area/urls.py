"""Addresses of the platform's area."""

from django.urls import path

from apps.platform.backoffice.platform_area import views

urlpatterns = [
    path("", views.businesses, name="platform_home"),
    path("stop/", views.stop, name="platform_stop"),
    path("<uuid:business_id>/", views.business, name="platform_business"),
    path("<uuid:business_id>/<slug:verb>/", views.do, name="platform_do"),
]
