"""The composition root: settings, addresses, Celery and the embedded ground floor. Knows every wing."""

from monidesk.celery import app as celery_app

__all__ = ["celery_app"]
