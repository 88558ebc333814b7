"""The composition root: settings, addresses, Celery and the embedded ground floor. Knows every wing."""
