"""WSGI entry for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from monidesk import telemetry

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monidesk.settings")
application = get_wsgi_application()
telemetry.start()
