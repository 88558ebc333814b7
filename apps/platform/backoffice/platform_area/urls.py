"""Addresses of the platform's area."""

from django.urls import path

from apps.platform.backoffice.platform_area import background, events, flag_views, views

urlpatterns = [
    path("", views.businesses, name="platform_home"),
    path("stop/", views.stop, name="platform_stop"),
    path("events/", events.event_types, name="platform_event_types"),
    path("events/parked/", events.parked, name="platform_parked"),
    path("events/parked/<int:delivery_id>/", events.parked_one, name="platform_parked_one"),
    path("schedule/", background.schedule, name="platform_schedule"),
    path("schedule/<int:job_id>/<slug:verb>/", background.change_job, name="platform_job_do"),
    path("tasks/", background.dead_tasks, name="platform_tasks"),
    path("tasks/<uuid:dead_id>/<slug:verb>/", background.settle_task, name="platform_task_do"),
    path("flags/", flag_views.flags, name="platform_flags"),
    path("flags/<str:name>/rollout/", flag_views.roll_out, name="platform_flag_roll_out"),
    path("flags/<str:name>/choice/", flag_views.choose, name="platform_flag_choose"),
    path("<uuid:business_id>/", views.business, name="platform_business"),
    path("<uuid:business_id>/<slug:verb>/", views.do, name="platform_do"),
]
