"""Somebody who has just shown the password."""

from __future__ import annotations

import time

from django.test import Client


def just_proved(client: Client) -> Client:
    """What allauth notes when the password was shown a moment ago."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session.save()
    return client
