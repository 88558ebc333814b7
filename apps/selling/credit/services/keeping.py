"""What staff do with cards: correct, block, give a new code; and what is sold as a card."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import format_money
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.people.customers.services import normalise_email
from apps.selling.credit import policies
from apps.selling.credit.codes import bare, digest_of, make_code
from apps.selling.credit.models import AccountKind, CreditAccount, CreditEntry, GiftVariant
from apps.selling.credit.selectors import why_unusable

from .issuing import clean_amount, mail_code
from .writing import write

# How a top-up was paid; money of payment companies comes by orders alone.
TOP_UP_TENDERS = ("cash", "bank")


def _lock(account_id: UUID) -> CreditAccount:
    return lock_one(Rank.CREDIT, CreditAccount.objects.filter(pk=account_id))


def _reason(text: str) -> str:
    reason = clean_text(text, 200, "reason")
    if not reason:
        raise InvalidInput(fields={"reason": [_("Say why; whoever looks at it later will ask.")]})
    return reason


@use_case(permission=policies.CORRECT, idempotent=True, audits="credit.corrected")
def correct_credit(
    actor: Actor, *, account_id: UUID, amount: Decimal, reason: str, key: str | None = None
) -> CreditAccount:
    """Add `amount` to an account, or take it off when it is below zero; never below what is on it.

    Publishes `credit.revalued`. Raises `InvalidInput`, `NotFound`.
    """
    reason = _reason(reason)
    account = _lock(account_id)
    amount = clean_amount(amount, account.currency, signed=True)
    if account.balance + amount < 0:
        message = _("There is only %(left)s on it.") % {
            "left": format_money(account.balance, account.currency)
        }
        raise InvalidInput(message, fields={"amount": [message]})
    before = account.balance
    write(actor, account, CreditEntry.Kind.CORRECTED, amount, reason=reason)
    audit.record(
        actor, "credit.corrected", account,
        before={"balance": before}, after={"balance": account.balance}, reason=reason,
    )  # fmt: skip
    return account


@use_case(permission=policies.TOP_UP, idempotent=True, audits="credit.topped_up")
def top_up_card(
    actor: Actor,
    *,
    account_id: UUID,
    amount: Decimal,
    tender: str,
    reference: str = "",
    key: str | None = None,
) -> CreditAccount:
    """Put money that was paid for it, in cash or by transfer, on a gift card; on one that is blocked or over nothing.

    No sale and no supply: the money is owed to whoever holds the card. Publishes `credit.revalued`. Raises
    `InvalidInput`, `WrongState`, `NotFound`.
    """
    if tender not in TOP_UP_TENDERS:
        raise InvalidInput(fields={"tender": [_("Choose how it was paid.")]})
    reference = clean_text(reference, 40, "reference")
    account = _lock(account_id)
    if account.kind != AccountKind.GIFT_CARD:
        raise WrongState(_("Store credit is not topped up: it comes from refunds."), code="not_a_card")
    if problem := why_unusable(account):
        raise WrongState(problem, code="card_not_good")
    amount = clean_amount(amount, account.currency)
    before = account.balance
    write(actor, account, CreditEntry.Kind.TOPPED_UP, amount, reference=reference, tender=tender)
    audit.record(
        actor, "credit.topped_up", account,
        before={"balance": before}, after={"balance": account.balance, "paid by": tender, "reference": reference},
    )  # fmt: skip
    return account


@use_case(permission=policies.BLOCK, audits="credit.blocked")
def block_credit(actor: Actor, *, account_id: UUID, reason: str) -> CreditAccount:
    """Let nobody spend it until it is unblocked; what is on it stays owed. Pressed twice it is blocked once."""
    reason = _reason(reason)
    account = _lock(account_id)
    if account.blocked_at is None:
        account.blocked_at, account.blocked_because = clock.now(), reason
        account.save(update_fields=["blocked_at", "blocked_because", "updated_at"])
        audit.record(actor, "credit.blocked", account, after={"blocked": True}, reason=reason)
    return account


@use_case(permission=policies.BLOCK, audits="credit.unblocked")
def unblock_credit(actor: Actor, *, account_id: UUID) -> CreditAccount:
    """Let it be spent again."""
    account = _lock(account_id)
    if account.blocked_at is not None:
        account.blocked_at, account.blocked_because = None, ""
        account.save(update_fields=["blocked_at", "blocked_because", "updated_at"])
        audit.record(actor, "credit.unblocked", account, after={"blocked": False})
    return account


@use_case(permission=policies.BLOCK, idempotent=True, audits="credit.code_renewed")
def renew_code(
    actor: Actor, *, account_id: UUID, recipient_email: str = "", key: str | None = None
) -> CreditAccount:
    """Give an account a new code, for one that was lost: the old one is worth nothing from now on.

    Mailed to `recipient_email`, else to whom it was sent before; stands on the result as `shown_code`, this once.
    """
    address = normalise_email(recipient_email) if recipient_email else ""
    account = _lock(account_id)
    code = make_code()
    account.code_digest, account.last4 = digest_of(code), bare(code)[-4:]
    if address:
        account.recipient_email = address
    account.save(update_fields=["code_digest", "last4", "recipient_email", "updated_at"])
    account.shown_code = code  # type: ignore[attr-defined]
    audit.record(actor, "credit.code_renewed", account, after={"ends_in": account.last4})
    mail_code(actor, account)
    return account


@use_case(permission=policies.SELL, audits="credit.sale_set")
def sell_as_gift_card(
    actor: Actor, *, variant_id: UUID, is_gift_card: bool = True, months: int | None = None
) -> GiftVariant | None:
    """Say that a variant is sold as a gift card (each paid piece becomes a card good for `months`), or no more.

    A card is no supply: the variant must be free of tax, uncounted and no kit. Raises `WrongState`, `NotFound`.
    """
    variant: Variant | None = Variant.objects.filter(pk=variant_id).first()
    if variant is None:
        raise NotFound()
    if not is_gift_card:
        GiftVariant.objects.filter(variant=variant).delete()
        audit.record(actor, "credit.sale_set", variant, after={"gift_card": False})
        return None
    if months is not None and not 1 <= months <= 600:
        raise InvalidInput(fields={"months": [_("A number of months from 1 to 600, or nothing.")]})
    if variant.taxable or variant.track_stock or variant.is_kit:
        raise WrongState(
            _("A gift card is not taxed when it is sold, and its stock is not counted."),
            code="credit_not_a_card",
            remedy=_("Take both off the variant first: tax is due when the card is spent."),
        )
    row, _created = GiftVariant.objects.update_or_create(variant=variant, defaults={"months": months})
    audit.record(actor, "credit.sale_set", variant, after={"gift_card": True, "months": months})
    return row
