"""A person who can sign in, what happened to the account, and who is kept out for how long."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.ids import new_id
from apps.kernel.models import Entity
from apps.kernel.tenancy import crossing


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail; used by services, by createsuperuser and by allauth."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        fields["is_superuser"] = True
        return self.create_user(email, password, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(Entity, AbstractBaseUser, PermissionsMixin):
    """One person; sees a business only through a membership."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        INACTIVE = "inactive", _("Inactive")
        SUSPENDED = "suspended", _("Suspended")

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    display_name = models.CharField(_("name"), max_length=120, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.ACTIVE)
    locale = models.CharField(_("language"), max_length=16, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    avatar = models.ImageField(_("picture"), upload_to="avatars/", blank=True)
    is_platform_admin = models.BooleanField(
        _("runs the platform"), default=False, help_text=_("Looks after businesses and belongs to none.")
    )
    # Django and allauth ask for `is_active` in SQL; generated, so that it cannot disagree with the status.
    is_active = models.GeneratedField(
        expression=models.Case(
            models.When(status="active", then=models.Value(True)),
            default=models.Value(False),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar = [
            # Plain uniqueness is then uniqueness without regard to case, on one small index.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_in_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What other people see: the name given, else the part of the address before the @."""
        return self.display_name or self.email.partition("@")[0]

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    @cached_property
    def is_staff(self) -> bool:
        """Whether the person may enter the back office at all: an active membership anywhere."""
        if self.is_superuser:
            return True
        with crossing("people.memberships"):
            memberships = self.memberships(manager="unscoped")  # type: ignore[attr-defined]
            return bool(memberships.filter(status="active").exists())


class AccountEvent(models.Model):
    """Something that happened to an account: a sign-in, a failed one, a changed password, a new key."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        FAILED = "failed", _("Wrong password")
        CODE_FAILED = "code_failed", _("Wrong code")
        LOCKED = "locked", _("Locked for a while")
        UNLOCKED = "unlocked", _("Unlocked")
        SIGNED_OUT = "signed_out", _("Signed out")
        SESSION_ENDED = "session_ended", _("Signed out from another place")
        PASSWORD_CHANGED = "password_changed", _("Password changed")
        EMAIL_CHANGED = "email_changed", _("E-mail address changed")
        FACTOR_ADDED = "factor_added", _("Two-step sign-in: added")
        FACTOR_REMOVED = "factor_removed", _("Two-step sign-in: removed")
        FACTOR_RESET = "factor_reset", _("Two-step sign-in: reset")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="account_events", verbose_name=_("user"))
    at = models.DateTimeField(_("when"), default=clock.now)
    kind = models.CharField(_("what"), max_length=24, choices=Kind.choices)
    method = models.CharField(_("how"), max_length=40, blank=True)
    ip = models.GenericIPAddressField(_("address"), null=True, blank=True)
    user_agent = models.CharField(_("device"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("account event")
        verbose_name_plural = _("account events")
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["user", "-at", "-id"], name="account_event_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


class SignInGuard(models.Model):
    """Failed sign-ins in a row, counted for an account from one address, or for an address.

    Accounts are kept as digests, so that guesses at addresses nobody has are no list of people's addresses.
    """

    class Scope(models.TextChoices):
        ACCOUNT = "account", _("An account from one address")
        ADDRESS = "address", _("An address")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scope = models.CharField(max_length=8, choices=Scope.choices)
    account = models.CharField(max_length=64, blank=True)
    ip = models.CharField(max_length=45)
    failures = models.PositiveIntegerField(default=0)
    last_failed_at = models.DateTimeField(default=clock.now)
    locked_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sign-in guard")
        verbose_name_plural = _("sign-in guards")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "ip"], name="sign_in_guard_once"),
            models.CheckConstraint(
                condition=models.Q(scope="address", account="")
                | (models.Q(scope="account") & ~models.Q(account="")),
                name="sign_in_guard_account_named",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["last_failed_at"], name="sign_in_guard_age")]

    def __str__(self) -> str:
        return f"{self.scope} {self.ip}: {self.failures}"
