"""What every payment company must be able to do, and the two ways in which it can fail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Literal, Protocol
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.kernel.errors import DomainError
from apps.kernel.money import ZERO
from apps.selling.payments.states import DisputeState

# "authorised": the company has reserved the money; "voided": what was reserved is free again.
# "approved": the payer has agreed and the company waits for us to ask, which takes the money.
FactKind = Literal[
    "captured",
    "failed",
    "open",
    "approved",
    "authorised",
    "voided",
    "refund_succeeded",
    "refund_failed",
    "dispute",
    "unknown",
]


class ProviderUnavailable(DomainError):
    """No answer, or one that says nothing: the company may or may not have done it. Ask again, same key."""

    status = 503
    default_code = "provider_unavailable"
    default_message = _("The payment company does not answer right now.")

    def __init__(self, message: Any = None, **context: Any) -> None:
        context.setdefault("kept", _("Your order is kept; nothing was charged by us."))
        context.setdefault("remedy", _("Please try again in a minute."))
        super().__init__(message, **context)


class ProviderRefused(DomainError):
    """The company has answered, and the answer is no."""

    status = 409
    default_code = "provider_refused"
    default_message = _("The payment company refused this.")


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a business enters about its account at the company; a `secret` is kept in the vault.

    `begins` names how the company's keys begin in each mode: a live key in a shop that is only tried out, or the
    other way round, is refused before it does harm.
    """

    name: str
    label: Any
    kind: Literal["text", "email", "secret", "mode", "take", "long", "days", "deliveries"] = "text"
    required: bool = True
    help: Any = ""
    begins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


MODE = Setting(
    "mode",
    _("Test or live"),
    "mode",
    help=_("Finish what was paid in one mode before you change to the other: its refunds need its keys."),
)


# Money that is reserved and never taken costs the buyer nothing; what is taken at once must be given back.
TAKE = Setting(
    "take",
    _("When the money is taken"),
    "take",
    required=False,
    help=_(
        "Reserved money is free again after some days; you are told before. Payments begun keep their way."
    ),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A business at a company: what it entered and, opened for this one use, its secrets.

    `accepted` are the values a message may be signed with now, newest first.
    """

    business_id: UUID
    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    accepted: Sequence[str] = field(default=(), repr=False)

    @property
    def is_live(self) -> bool:
        return self.values.get("mode") == "live"


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What the payer's page is made of. `key` is our attempt's id: the same key, the same session."""

    key: UUID
    business_id: UUID
    business_name: str
    reference: str
    amount: Decimal
    currency: str
    return_url: str
    webhook_url: str
    webhook_secret: str
    expires_at: dt.datetime | None
    account: Account
    # Reserve the money only; it is taken later.
    reserves: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """The company's page for one attempt."""

    provider_ref: str
    redirect_url: str
    expires_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class DisputeWord:
    """How a dispute stood at the company at `said_at`: the newest word counts, in whatever order they come.

    `taken` and `fee` are what the company took from us, `answer_by` until when it takes an answer.
    """

    ref: str
    state: DisputeState
    said_at: dt.datetime
    opened_at: dt.datetime
    amount: Decimal
    currency: str
    taken: Decimal = ZERO
    fee: Decimal = ZERO
    reason: str = ""
    answer_by: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ProviderFact:
    """One thing a company says, by a message or when asked, in our words.

    `provider_ref` names the session, `key` our attempt (or for refunds our refund key), `capture_ref` the
    company's own number of the money's move.
    """

    kind: FactKind
    provider_ref: str
    key: str = ""
    amount: Decimal | None = None
    currency: str = ""
    capture_ref: str = ""
    reason: str = ""
    raw_kind: str = ""
    # Of reserved money: until when.
    lapses_at: dt.datetime | None = None
    # Of a dispute; `capture_ref` names the money it is about.
    dispute: DisputeWord | None = None


class PaymentProvider(Protocol):
    """An adapter. It never touches the database; every call has a time-out and a circuit breaker.

    `currencies` is None for any. `signed_with` is the setting whose value the company's messages are signed with;
    `makes_secret` says that it is ours to make, not the company's. `is_manual`: people take and give the money,
    nobody is called. `can_authorise`: money can be reserved first and taken later. `tender` is its name in the books.
    """

    code: ClassVar[str]
    name: ClassVar[Any]
    description: ClassVar[Any]
    is_test: ClassVar[bool]
    is_manual: ClassVar[bool]
    can_authorise: ClassVar[bool]
    tender: ClassVar[str]
    on_by_default: ClassVar[bool]
    settings: ClassVar[Sequence[Setting]]
    currencies: ClassVar[frozenset[str] | None]
    signed_with: ClassVar[str]
    makes_secret: ClassVar[bool]
    webhook_help: ClassVar[Any]

    def open_session(self, request: SessionRequest) -> Session:
        """Make the payer's page, or find the one made under the same key."""

    def ask(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """How an attempt stands. `provider_ref` may be empty: then `key` finds it."""

    def close_session(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """Take the page away; the answer says if it had been paid before."""

    def take(
        self,
        *,
        account: Account,
        provider_ref: str,
        key: UUID,
        authorised_ref: str,
        amount: Decimal,
        currency: str,
    ) -> ProviderFact:
        """Take `amount` of the reserved money, once per key; the rest is free again."""

    def refund(
        self,
        *,
        account: Account,
        provider_ref: str,
        capture_ref: str,
        key: str,
        amount: Decimal,
        currency: str,
        reason: str,
    ) -> ProviderFact:
        """Send money back, once per key, or say how the refund made under it stands ("open": on its way)."""

    def verify(self, *, account: Account, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> str:
        """The id of a message that is from the company; raises `WebhookMalformed` or `WebhookRefused`."""

    def read_event(self, body: bytes) -> ProviderFact:
        """Translate a verified message. Raises ValueError for one that cannot be read."""

    def try_out(self, *, account: Account) -> None:
        """One harmless call with the keys as they are: returns when the company accepts them."""
