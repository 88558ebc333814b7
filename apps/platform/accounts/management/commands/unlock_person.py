"""`manage.py unlock_person ada@example.com`: let somebody who is locked out try again at once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.kernel.actors import Actor
from apps.platform.accounts.selectors import find_user_by_email
from apps.platform.accounts.services import reset_second_factor, unlock_person


class Command(BaseCommand):
    help = "Drops the count of failed sign-ins of a person; with --second-factor also a lost second factor."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("email")
        parser.add_argument("--second-factor", action="store_true", help="remove app, passkeys and codes too")
        parser.add_argument("--reason", default="", help="kept in the audit trail and told to the person")

    def handle(self, *args: Any, **options: Any) -> None:
        user = find_user_by_email(options["email"])
        if user is None:
            raise CommandError("Nobody signs in with this address.")
        if options["second_factor"] and not options["reason"]:
            raise CommandError("Give --reason: how you know that it is the person who asked.")
        actor = Actor.system("unlock_person", None)
        dropped = unlock_person(actor, user=user, with_addresses=True)
        self.stdout.write(f"{dropped} counts dropped; {user.email} may sign in now.")
        if options["second_factor"]:
            removed = reset_second_factor(actor, user=user, reason=options["reason"])
            self.stdout.write(f"{removed} factors removed; {user.email} was told by e-mail.")
