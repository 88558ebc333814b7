"""What every company that carries messages must be able to do, and the two ways in which it can fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable
from uuid import UUID

FieldKind = Literal["text", "email", "secret", "number", "long"]
Kind = Literal["delivered", "failed", "bounced", "complained", "unsubscribed"]


class NotDelivered(Exception):
    """Not this time: no answer, too busy, or the account is not right. The message is tried again."""


class NoAnswer(NotDelivered):
    """Nobody answered in time. A company that does this again and again is left alone for a while."""


class Undeliverable(Exception):
    """Never: the company has refused this message for good.

    `bad_address` says that the address itself is at fault, so that nothing more is sent to it.
    """

    def __init__(self, reason: str, *, bad_address: bool = False) -> None:
        super().__init__(reason)
        self.bad_address = bad_address


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a browser is knocked at, and the keys that only it can read with."""

    endpoint: str
    p256dh: str
    auth: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as a provider sees it; `id` is ours and the same at each try."""

    id: UUID
    to: str
    subject: str
    text: str
    html: str = ""
    language: str = "en"
    sender_name: str = ""
    status_url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    browser: Browser | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a business enters about its account at the company; a `secret` is kept in the vault."""

    name: str
    label: Any
    kind: FieldKind = "text"
    required: bool = True
    help: Any = ""
    initial: str = ""
    # Where the secrets go: entered anew, they are asked for anew.
    is_place: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """What the business entered: plain values and, opened for this one use, its secrets."""

    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class News:
    """What became of a message, as the company tells it; `message_id` is our own, `ref` the company's number."""

    message_id: str
    kind: Kind
    reason: str = ""
    ref: str = ""


class Forged(Exception):
    """A message at our door that the company did not sign."""


@dataclass(frozen=True, slots=True)
class Told:
    """A request at our door, as it came; `url` is the address the company was given."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class MessageProvider(Protocol):
    """An adapter. It never touches the database; every call has a time-out."""

    code: ClassVar[str]
    channel: ClassVar[str]
    name: ClassVar[Any]
    description: ClassVar[Any]
    settings: ClassVar[Sequence[Setting]]
    is_sandbox: ClassVar[bool]

    def deliver(self, message: Outgoing, account: Account) -> str:
        """Hand the message over and return the company's own number for it.

        Raises `NotDelivered` for what may work later, `Undeliverable` for what never will.
        """


@runtime_checkable
class TellsBack(Protocol):
    """A company that tells afterwards what became of messages. `proved_by` names the setting that proves it.

    `asks_for_address`: a person must enter our address on the company's pages.
    """

    proved_by: ClassVar[str]
    asks_for_address: ClassVar[bool]

    def read_news(self, told: Told, account: Account) -> list[News]:
        """What a signed request says.

        Raises `Forged`, ValueError for one that cannot be read, and `NoAnswer` when the proof could not be fetched.
        """


@runtime_checkable
class Greets(Protocol):
    """A company that first asks at our door whether it is the right one; `greeted_by` names the setting we share."""

    greeted_by: ClassVar[str]

    def answer_greeting(self, query: Mapping[str, str], account: Account) -> str:
        """What to answer. Raises `Forged` for who does not know the shared word."""
