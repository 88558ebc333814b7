from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaConfig(AppConfig):
    name = "apps.platform.media"
    label = "media"
    verbose_name = _("Files")

    def ready(self) -> None:
        # Permissions, event types and subscribers register themselves at import.
        from apps.platform.businesses.models import Business
        from apps.platform.media import attachables, events, handlers, mentions, policies  # noqa: F401

        attachables.join(Business, read="business.read", change="business.change")
