"""The folder's own signed addresses, and the lasting ones of pictures that everybody may see."""

from django.urls import path

from . import views

app_name = "media"
urlpatterns = [
    path("upload/<str:token>/", views.upload, name="upload"),
    path("lasting/<path:key>", views.lasting, name="lasting"),
    path("<str:token>/", views.read, name="read"),
]
