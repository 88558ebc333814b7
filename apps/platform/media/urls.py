"""The folder's own signed addresses."""

from django.urls import path

from . import views

app_name = "media"
urlpatterns = [
    path("upload/<str:token>/", views.upload, name="upload"),
    path("<str:token>/", views.read, name="read"),
]
