"""What people say about themselves, and whether they may sign in at all."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User
from apps.platform.accounts.services.sessions import end_all_sessions

CHANGEABLE = frozenset({"display_name", "locale", "time_zone", "avatar"})


@use_case(audits="accounts.profile_changed")
def change_profile(actor: Actor, /, *, user: User, **changes: Any) -> User:
    """Change a person's own name, language, time zone or picture; anything else is refused.

    Raises `InvalidInput` with the fields at fault. The caller has checked that the actor is the person.
    """
    if unknown := set(changes) - CHANGEABLE:
        raise InvalidInput(fields={name: [_("This cannot be changed here.")] for name in sorted(unknown)})
    person = lock_one(Rank.ROOT, User.objects.filter(pk=user.pk))
    wrong: dict[str, list[Any]] = {}
    if "display_name" in changes:
        changes["display_name"] = changes["display_name"].strip()
        if not 1 <= len(changes["display_name"]) <= 120:
            wrong["display_name"] = [_("Enter a name of up to 120 letters.")]
    if changes.get("time_zone") and changes["time_zone"] not in available_timezones():
        wrong["time_zone"] = [_("Choose a time zone such as Europe/London.")]
    if "locale" in changes and changes["locale"] not in dict(settings.LANGUAGES):
        wrong["locale"] = [_("Choose a language from the list.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    before = {name: str(getattr(person, name)) for name in changes}
    for name, value in changes.items():
        setattr(person, name, value)
    person.save(update_fields=[*changes, "updated_at"])
    after = {name: str(getattr(person, name)) for name in changes}
    if before != after:
        audit.record(actor, "accounts.profile_changed", person, before=before, after=after)
    return person


@use_case(audits="accounts.address_confirmed")
def confirm_address(actor: Actor, *, user: User) -> None:
    """Hold the person's e-mail address for proved, because the actor vouches for it (commands, demo data)."""
    EmailAddress.objects.filter(user=user, email=user.email).update(verified=True)
    audit.record(actor, "accounts.address_confirmed", user)


@use_case(audits="accounts.new_address_asked")
def ask_for_new_address(actor: Actor, *, user: User, email: str) -> EmailAddress:
    """Note the address a person wishes to sign in with; it changes when its link is opened, not before.

    An earlier wish is dropped. The present address stays whatever its state: the library would remove one that
    was never confirmed, and with it the person's way in.
    """
    EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email).delete()
    wish = EmailAddress.objects.create(user=user, email=email.strip().lower(), primary=False, verified=False)
    audit.record(actor, "accounts.new_address_asked", user, after={"email": wish.email})
    return wish


@use_case(audits="accounts.status_changed")
def set_person_status(actor: Actor, *, user: User, status: str, reason: str = "") -> User:
    """Let a person in everywhere (`active`) or nowhere (`inactive` by own wish, `suspended` by decision).

    Ends all sessions at once unless the person becomes active. The caller has checked that the actor may.
    """
    if status not in User.Status.values:
        raise InvalidInput(fields={"status": [_("Choose active, inactive or suspended.")]})
    person = lock_one(Rank.ROOT, User.objects.filter(pk=user.pk))
    before, person.status = person.status, User.Status(status)
    if before == status:
        return person
    person.save(update_fields=["status", "updated_at"])
    if status != User.Status.ACTIVE:
        end_all_sessions(actor, user=person)
    audit.record(
        actor,
        "accounts.status_changed",
        person,
        before={"status": before},
        after={"status": status},
        reason=reason,
    )
    return person
