"""Sending a quote: what it says is agreed from then on."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.events import publish
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note
from apps.platform.businesses.selectors import get_business
from apps.platform.notifications.services import queue_email
from apps.selling.quotes.content import content_of
from apps.selling.quotes.events import QuoteSent
from apps.selling.quotes.models import Quote, QuoteLine, QuoteState
from apps.selling.quotes.policies import READ, WRITE
from apps.selling.quotes.pricing import price_quote
from apps.selling.quotes.promised import as_promised
from apps.selling.quotes.services.writing import check_state, lines_of, lock_quote

USUAL_DAYS = 14


@use_case(permission=WRITE, idempotent=True, audits="quotes.sent")
def send_quote(
    actor: Actor,
    *,
    quote_id: UUID,
    valid_until: dt.datetime | None = None,
    message: str = "",
    by_mail: bool = True,
    key: str | None = None,
) -> Quote:
    """Send a quote with its pay link; prices and discounts as they are now hold until `valid_until` (else what the
    quote says, else two weeks). Sent before, it is the same offer with a new day, or a new version after a change.

    `by_mail` off: staff hand the link on themselves. Publishes `quotes.sent`. Raises `WrongState`, `InvalidInput`
    without an e-mail address, `NotFound`.
    """
    quote = lock_quote(actor, quote_id)
    check_state(quote, QuoteState.DRAFT, QuoteState.SENT)
    if by_mail and not quote.email:
        text = _("Enter the buyer's e-mail address, or hand the link on yourself.")
        raise InvalidInput(text, fields={"by_mail": [text]})
    now = clock.now()
    was_over = quote.valid_until is None or quote.valid_until <= now
    quote.valid_until = valid_until or (
        now + dt.timedelta(days=USUAL_DAYS) if was_over else quote.valid_until
    )
    if quote.valid_until is None or quote.valid_until <= now:
        text = _("This moment is over.")
        raise InvalidInput(text, fields={"valid_until": [text]})
    business = get_business(require_business_id())
    lines = lines_of(quote)
    asked = price_quote(quote, lines, seller=business)
    for line, (price, discount) in zip(lines, asked.agreed, strict=True):
        line.agreed_price, line.agreed_discount = price, discount
    quote.promised = as_promised(asked.promotions, lines, [item.line_id for item in asked.items])
    QuoteLine.objects.bulk_update(lines, ["agreed_price", "agreed_discount"])
    again = price_quote(quote, lines, seller=business)
    quote.state, quote.sent_at, quote.asked_again_at = QuoteState.SENT, now, None
    quote.total = again.totals.total
    quote.snapshot = content_of(business, quote, again)
    quote.save()
    if by_mail:
        queue_email(
            actor,
            to=quote.email,
            template="quote_sent",
            context={
                "quote": {
                    "number": quote.number,
                    "name": quote.name,
                    "total": quote.total,
                    "currency": quote.currency,
                    "valid_until": quote.valid_until,
                },
                "message": clean_note(message)[:2000],
                "quote_path": quote_path(business.slug, quote),
            },
            dedupe_key=f"quote:{quote.pk}:{now.isoformat()}",
            language=quote.language,
            words_for=READ,
        )
    publish(
        QuoteSent(
            business_id=business.pk,
            quote_id=quote.pk,
            number=quote.number,
            version_number=quote.version,
            total=quote.total,
            currency=quote.currency,
        )
    )
    after = {
        "version": quote.version,
        "total": quote.total,
        "by_mail": by_mail,
        "valid_until": quote.valid_until,
    }
    audit.record(actor, "quotes.sent", quote, after=after)
    return quote


def quote_path(slug: str, quote: Quote) -> str:
    """The pay link below the site's address."""
    return f"/store/{slug}/quotes/{quote.token}/"


@use_case(permission=WRITE, audits="quotes.withdrawn")
def withdraw_quote(actor: Actor, *, quote_id: UUID, reason: str = "") -> Quote:
    """Take a quote back: its link leads to the shop from now on. Raises `WrongState`, `NotFound`."""
    quote = lock_quote(actor, quote_id)
    check_state(quote, QuoteState.DRAFT, QuoteState.SENT)
    quote.state = QuoteState.WITHDRAWN
    quote.save(update_fields=["state", "updated_at"])
    audit.record(actor, "quotes.withdrawn", quote, reason=clean_note(reason)[:200])
    return quote
