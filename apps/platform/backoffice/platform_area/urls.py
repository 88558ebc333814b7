"""Addresses of the platform's area."""

from django.urls import path

from apps.platform.backoffice.platform_area import events, views

urlpatterns = [
    path("", views.businesses, name="platform_home"),
    path("stop/", views.stop, name="platform_stop"),
    path("events/", events.event_types, name="platform_event_types"),
    path("events/parked/", events.parked, name="platform_parked"),
    path("events/parked/<int:delivery_id>/", events.parked_one, name="platform_parked_one"),
    path("<uuid:business_id>/", views.business, name="platform_business"),
    path("<uuid:business_id>/<slug:verb>/", views.do, name="platform_do"),
]
