"""Addresses of the platform's area."""

from django.urls import path

from apps.platform.backoffice.platform_area import flag_views, views

urlpatterns = [
    path("", views.businesses, name="platform_home"),
    path("stop/", views.stop, name="platform_stop"),
    path("flags/", flag_views.flags, name="platform_flags"),
    path("flags/<str:name>/rollout/", flag_views.roll_out, name="platform_flag_roll_out"),
    path("flags/<str:name>/choice/", flag_views.choose, name="platform_flag_choose"),
    path("<uuid:business_id>/", views.business, name="platform_business"),
    path("<uuid:business_id>/<slug:verb>/", views.do, name="platform_do"),
]
