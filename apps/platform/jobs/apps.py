from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "apps.platform.jobs"
    label = "jobs"
    verbose_name = _("Background work")

    def ready(self) -> None:
        from apps.platform.jobs import signals  # noqa: F401  (listens to Celery)
