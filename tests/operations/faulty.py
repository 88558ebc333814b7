"""A house with one view that fails, in a process of its own: Sentry's library changes Django for good.

Prints what would have been sent, as JSON: `python -m tests.operations.faulty`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django
from django.http import HttpRequest, HttpResponse
from django.urls import path


def greet(request: HttpRequest, token: str) -> HttpResponse:
    """Fail with a person's data in the message and in a variable."""
    address = "ada@lovelace.example"
    raise ValueError(f"cannot greet {address} at +44 20 7946 0958")


urlpatterns = [path("greet/<str:token>/", greet, name="greet")]


def main() -> None:
    """Ask the view and print the events."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monidesk.settings")
    django.setup()
    import sentry_sdk
    from django.conf import settings
    from django.test import Client
    from sentry_sdk.transport import Transport

    from monidesk import telemetry

    settings.ROOT_URLCONF = "tests.operations.faulty"
    settings.ALLOWED_HOSTS = ["testserver"]
    sent: list[Any] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            sent.extend(item.payload.json for item in envelope.items if item.type == "event")

    telemetry.start_fault_reports("https://key@sentry.example/1", transport=Kept)
    client = Client(raise_request_exception=False)
    client.cookies["cart"] = "Zx81kQpL0vTe3mWs9yRb5nHu"
    client.get(
        "/greet/Qw12eRtY3uIoP4aSdF5gHjK6/?email=ada@lovelace.example&token=hunter2",
        headers={"authorization": "Bearer hunter2hunter2", "X-Request-ID": "request-0001"},
        REMOTE_ADDR="203.0.114.9",
    )
    sentry_sdk.flush()
    json.dump(sent, sys.stdout)


if __name__ == "__main__":
    main()
