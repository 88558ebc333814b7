from __future__ import annotations

from django.urls import path

from . import views

app_name = "purchasing"
urlpatterns = [path("purchase-orders/<str:token>/", views.download_paper, name="paper")]
