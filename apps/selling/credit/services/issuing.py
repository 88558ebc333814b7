"""Cards and credit come into being: given by hand, sold with an order, or made of a refund."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.locks import Rank, lock
from apps.kernel.money import ZERO, format_money, round_money
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.people.customers.models import Customer
from apps.people.customers.selectors import get_customer
from apps.people.customers.services import normalise_email
from apps.platform.businesses.selectors import get_current_business
from apps.platform.notifications.services import queue_email
from apps.selling.credit import policies
from apps.selling.credit.codes import bare, digest_of, make_code
from apps.selling.credit.models import AccountKind, CreditAccount, CreditEntry

from .writing import write

LARGEST = Decimal(1_000_000)


@use_case(permission=policies.ISSUE, idempotent=True, audits="credit.issued")
def issue_credit(
    actor: Actor,
    *,
    amount: Decimal,
    reason: str,
    customer_id: UUID | None = None,
    recipient_name: str = "",
    recipient_email: str = "",
    expires_on: dt.date | None = None,
    key: str | None = None,
) -> CreditAccount:
    """Give `amount` (business's currency) away: to a customer as store credit, else as a new gift card.

    The code of what is new is mailed when there is an address, and stands on the result as `shown_code`, this once.
    Publishes `credit.revalued` (debit what was given away). Raises `InvalidInput`, `NotFound` for the customer.
    """
    business = get_current_business()
    amount = clean_amount(amount, business.currency)
    reason = clean_text(reason, 200, "reason")
    if not reason:
        raise InvalidInput(fields={"reason": [_("Say what it is given for; the books ask.")]})
    if expires_on is not None and expires_on <= clock.today():
        raise InvalidInput(fields={"expires_on": [_("Choose a day that is still to come.")]})
    if customer_id is not None:
        account = store_credit_of(actor, get_customer(customer_id), business.currency)
        if expires_on is not None:
            raise InvalidInput(fields={"expires_on": [_("Store credit of a customer does not expire.")]})
    else:
        account = open_account(
            actor,
            kind=AccountKind.GIFT_CARD,
            currency=business.currency,
            recipient_name=clean_text(recipient_name, 120, "recipient_name"),
            recipient_email=normalise_email(recipient_email) or "",
            expires_on=expires_on,
        )
    write(actor, account, CreditEntry.Kind.ISSUED, amount, reason=reason)
    audit.record(actor, "credit.issued", account, after={"amount": amount}, reason=reason)
    mail_code(actor, account)
    return account


@use_case(audits="credit.sold")
def make_card(
    actor: Actor,
    *,
    amount: Decimal,
    currency: str,
    line_id: UUID,
    piece: int,
    owner_type: str,
    owner_id: UUID,
    reference: str,
    customer_id: UUID | None,
    recipient_name: str,
    recipient_email: str,
    months: int | None,
    language: str = "",
) -> CreditAccount | None:
    """Make the card of one paid piece of a line, and mail its code; None when it was made before.

    The order that sold it tells the books. By the product itself only.
    """
    actor.require(policies.ISSUE)
    if CreditAccount.objects.filter(sold_line_id=line_id, sold_piece=piece).exists():
        return None
    account = open_account(
        actor,
        kind=AccountKind.GIFT_CARD,
        currency=currency,
        customer_id=customer_id,
        recipient_name=recipient_name,
        recipient_email=recipient_email,
        expires_on=months_from(clock.today(), months) if months else None,
        sold_line_id=line_id,
        sold_piece=piece,
    )
    write(
        actor,
        account,
        CreditEntry.Kind.SOLD,
        amount,
        owner_type=owner_type,
        owner_id=owner_id,
        reference=reference,
    )
    audit.record(actor, "credit.sold", account, after={"amount": amount, "order": reference})
    mail_code(actor, account, language=language)
    return account


def give_store_credit(
    actor: Actor,
    *,
    customer: Customer,
    currency: str,
    amount: Decimal,
    owner_type: str,
    owner_id: UUID,
    reference: str,
    reason: str,
    language: str = "",
) -> CreditEntry:
    """Put a refund of an order on the customer's store credit; inside the refund's own use case, rank credit."""
    account = store_credit_of(actor, customer, currency)
    entry = write(
        actor,
        account,
        CreditEntry.Kind.REFUNDED,
        amount,
        owner_type=owner_type,
        owner_id=owner_id,
        reference=reference,
        reason=reason,
    )
    mail_code(actor, account, language=language)
    return entry


def store_credit_of(actor: Actor, customer: Customer, currency: str) -> CreditAccount:
    """The customer's store credit, locked; made when there is none. Two at once: the constraint makes one wait."""
    wanted = CreditAccount.objects.filter(kind=AccountKind.STORE_CREDIT, customer=customer, currency=currency)
    if found := lock(Rank.CREDIT, wanted):
        return found[0]
    code = make_code()
    fresh = CreditAccount(
        kind=AccountKind.STORE_CREDIT,
        currency=currency,
        customer=customer,
        code_digest=digest_of(code),
        last4=bare(code)[-4:],
        recipient_name=customer.name,
        recipient_email=customer.email or "",
    )
    CreditAccount.objects.bulk_create([fresh], ignore_conflicts=True)
    account = lock(Rank.CREDIT, wanted)[0]
    if account.code_digest == fresh.code_digest:
        account.shown_code = code  # type: ignore[attr-defined]
    return account


def open_account(actor: Actor, **fields: object) -> CreditAccount:
    """A new account with a code of its own, which stands on it as `shown_code`, this once."""
    code = make_code()
    account: CreditAccount = CreditAccount.objects.create(
        code_digest=digest_of(code), last4=bare(code)[-4:], **fields
    )
    account.shown_code = code  # type: ignore[attr-defined]
    return account


def mail_code(actor: Actor, account: CreditAccount, *, language: str = "") -> None:
    """Mail the code of a new account to whom it is for; nothing when it was mailed before or there is no address."""
    code = getattr(account, "shown_code", "")
    if not (code and account.recipient_email):
        return
    business = get_current_business()
    queue_email(
        Actor.system("credit", account.business_id, actor.request_id),
        to=account.recipient_email,
        template="gift_card",
        context={
            "card": {
                "code": code,
                "kind": account.kind,
                "amount": account.balance,
                "currency": account.currency,
                "expires_on": account.expires_on,
                "name": account.recipient_name,
            },
            "balance_path": f"/store/{business.slug}/gift-card/",
            "store_path": f"/store/{business.slug}/",
        },
        dedupe_key=f"gift_card:{account.pk}:{account.last4}",
        language=language or None,
        # The words hold the code: whoever could read them could spend the card.
        words_for=policies.ISSUE,
    )


def clean_amount(amount: Decimal, currency: str, *, signed: bool = False) -> Decimal:
    """An amount one can owe: more than nothing, not absurd, on the minor unit. `signed`: below nothing as well."""
    message = ""
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount == ZERO:
        message = _("Enter an amount of money.")
    elif amount < ZERO and not signed:
        message = _("Enter an amount above zero.")
    elif abs(amount) > LARGEST:
        message = _("At most %(most)s.") % {"most": format_money(LARGEST, currency)}
    elif round_money(amount, currency) != amount:
        message = _("The amount is finer than the currency allows.")
    if message:
        raise InvalidInput(message, fields={"amount": [message]})
    return amount


def months_from(day: dt.date, months: int) -> dt.date:
    """The same day so many months on; the last of the month where there is none."""
    years, month = divmod(day.month - 1 + months, 12)
    first = dt.date(day.year + years, month + 1, 1)
    following = dt.date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + dt.timedelta(days=day.day - 1), following - dt.timedelta(days=1))
