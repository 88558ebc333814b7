"""`manage.py create_platform_admin ada@example.com`: somebody who runs the platform and belongs to no business."""

from __future__ import annotations

import getpass
import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.platform.businesses.services.platform import create_platform_admin


class Command(BaseCommand):
    help = "Makes a platform administrator; the password is asked for, or read from PLATFORM_ADMIN_PASSWORD."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--yes", action="store_true", help="needed in production")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION and not options["yes"]:
            raise CommandError("This is production: repeat with --yes if you mean it.")
        password = os.environ.get("PLATFORM_ADMIN_PASSWORD") or getpass.getpass("Password: ")
        try:
            user = create_platform_admin(
                Actor.system("create_platform_admin", None),
                email=options["email"],
                password=password,
                display_name=options["name"],
            )
        except DomainError as error:
            faults = "; ".join(str(text) for texts in error.fields.values() for text in texts)
            raise CommandError(f"{error.message} {error.remedy} {faults}".strip()) from error
        self.stdout.write(
            f"{user.email} runs the platform now: sign in at {settings.PUBLIC_BASE_URL}/platform/"
        )
