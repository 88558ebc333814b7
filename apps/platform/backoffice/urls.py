"""The back office's addresses, under /admin/."""

from apps.platform.backoffice.sites import site

app_name = "admin"
urlpatterns, _app_name, _namespace = site.urls
