from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaConfig(AppConfig):
    name = "apps.platform.media"
    label = "media"
    verbose_name = _("Files")

    def ready(self) -> None:
        from apps.platform.media import policies  # noqa: F401  (declares permissions)
