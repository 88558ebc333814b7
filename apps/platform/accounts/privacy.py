"""People who sign in, with what the sign-in libraries keep of them."""

from __future__ import annotations

from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.kernel.locks import Rank, lock_one
from apps.kernel.privacy import Deleted, Person, Through, impersonal, person_of, personal
from apps.kernel.work import current_work
from apps.platform.accounts.limits import account_digest
from apps.platform.accounts.models import User
from apps.platform.accounts.services.closing import empty_account


@person_of("user")
def find_user(user_id: UUID) -> Person:
    """Somebody who signs in, with every address of the account; locked when about to be changed."""
    rows = User.objects.filter(pk=user_id)
    user = lock_one(Rank.ROOT, rows) if current_work() is not None else rows.first()
    if user is None:
        raise NotFound()
    others = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    emails = tuple(dict.fromkeys([user.email, *(email.lower() for email in others)]))
    return Person("user", user.pk, user.name, emails, user_id=user.pk)


def _mine(person: Person) -> Q:
    return Q(user_id=person.id)


def _named(person: Person) -> Q:
    return Q(username__in=person.emails)


def _empty(actor: Actor, person: Person, rows: QuerySet[User]) -> int:
    return sum(empty_account(actor, user_id=user.pk) for user in rows)


def _sessions(person: Person) -> Q:
    keys = UserSession.objects.filter(user_id=person.id).values_list("session_key", flat=True)
    return Q(session_key__in=list(keys))


personal(
    "sessions.session", "session_key", "session_data",
    title=_("Open sessions"), of={"user": _sessions}, erasure=Deleted(), hidden=("session_key", "session_data"),
)  # fmt: skip
personal(
    "usersessions.usersession", "ip", "session_key", "user_agent", "data",
    title=_("Places signed in at"), of={"user": _mine}, erasure=Deleted(), hidden=("session_key",),
)  # fmt: skip
personal(
    "accounts.accountevent", "ip", "user_agent", "method",
    title=_("Sign-in history"), of={"user": _mine}, erasure=Deleted(),
)  # fmt: skip
personal(
    "accounts.signinguard", "account", "ip",
    title=_("Failed sign-ins in a row"),
    of={"user": lambda person: Q(account__in=[account_digest(email) for email in person.emails])},
    erasure=Deleted(), hidden=("account",),
)  # fmt: skip
personal("account.emailaddress", "email", title=_("E-mail addresses"), of={"user": _mine}, erasure=Deleted())
personal(
    "account.emailconfirmation", "key",
    title=_("Confirmations of addresses"), of={"user": lambda person: Q(email_address__user_id=person.id)},
    erasure=Deleted(), hidden=("key",),
)  # fmt: skip
personal(
    "mfa.authenticator", "data",
    title=_("Two-step sign-in"), of={"user": _mine}, erasure=Deleted(), hidden=("data",),
)  # fmt: skip
personal(
    "socialaccount.socialtoken", "token", "token_secret",
    title=_("Keys of the company sign-in"), of={"user": lambda person: Q(account__user_id=person.id)},
    erasure=Deleted(), hidden=("token", "token_secret"),
)  # fmt: skip
personal(
    "socialaccount.socialaccount", "uid", "extra_data",
    title=_("Company sign-in"), of={"user": _mine}, erasure=Deleted(),
)  # fmt: skip
for _log, _secret in (
    ("axes.accessattempt", ("get_data", "post_data")),
    ("axes.accesslog", ("session_hash",)),
    ("axes.accessfailurelog", ()),
):
    personal(
        _log, "username", "ip_address", "user_agent",
        title=_("Attempts to sign in"), of={"user": _named}, erasure=Deleted(), hidden=_secret,
    )  # fmt: skip
    impersonal(_log, "http_accept", "path_info", because="what any browser sends")
impersonal("axes.accessattempt", "get_data", "post_data", because="kept empty")
impersonal("axes.accesslog", "session_hash", because="a digest")
personal(
    "accounts.user", "email", "display_name", "password", "locale", "time_zone", "avatar",
    title=_("The account"), of={"user": lambda person: Q(pk=person.id)},
    erasure=Through(_empty, "anonymised"), hidden=("password", "is_superuser"),
)  # fmt: skip

_LIBRARY = "settings of the product's libraries"
impersonal(
    "admin.logentry", "object_id", "object_repr", "change_message", because="the back office writes none"
)
impersonal("auth.permission", "name", "codename", because=_LIBRARY)
impersonal("auth.group", "name", because=_LIBRARY)
impersonal("contenttypes.contenttype", "app_label", "model", because=_LIBRARY)
impersonal(
    "socialaccount.socialapp", "provider", "provider_id", "name", "client_id", "secret", "key", "settings",
    because=_LIBRARY,
)  # fmt: skip
impersonal("socialaccount.socialaccount", "provider", because="the company one signs in with")
impersonal("guardian.userobjectpermission", "object_pk", because="an id; rows go with the account")
impersonal("guardian.groupobjectpermission", "object_pk", because="an id")
impersonal(
    "django_celery_beat.crontabschedule", "minute", "hour", "day_of_month", "month_of_year", "day_of_week",
    because=_LIBRARY,
)  # fmt: skip
impersonal(
    "django_celery_beat.periodictask", "name", "task", "args", "kwargs", "queue", "exchange", "routing_key",
    "headers", "description", because=_LIBRARY,
)  # fmt: skip
