"""Orders on account: what a company may owe, and who lets it owe more."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from apps.kernel import audit, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.limits import is_visible
from apps.kernel.money import ZERO, format_money
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.people.customers.models import Company
from apps.people.customers.selectors import company_of_email
from apps.people.customers.services.companies import lock_company
from apps.platform.approvals.selectors import cap_of, person_of
from apps.platform.approvals.services import keep_within_cap
from apps.selling.credit.selectors import gift_months
from apps.selling.orders.drafts import Contact, OrderDraft
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.policies import APPROVE
from apps.selling.orders.services.ending import reject
from apps.selling.orders.services.moves import lines_of, lock_order, move, save_standing
from apps.selling.orders.services.paying import take_on
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import CAME_TO_NOTHING, Axis, OrderState


def exposure_of(company_id: UUID, *, besides: UUID | None = None) -> Decimal:
    """What a company owes and has on order together: open invoices, and what its orders have still to be sent.

    In the currency of the business, tax included; without the order `besides`. Two queries for any number of orders.
    Only under `lock_company` it stays true.
    """
    orders = Order.objects.filter(company_id=company_id, terms_days__isnull=False)
    if besides is not None:
        orders = orders.exclude(pk=besides)
    sums = orders.aggregate(
        owed=Sum(F("paid_total") - F("refunded_total") - F("settled_total")),
    )
    running = orders.exclude(state__in=[*CAME_TO_NOTHING, OrderState.CLOSED])
    coming = running.aggregate(
        promised=Sum(F("total") - F("recognised_total")),
        delivery=Sum(F("shipping_released_net") + F("shipping_released_tax")),
    )
    released = OrderLine.objects.filter(order__in=running).aggregate(
        given_up=Sum(F("released_net") + F("released_tax"))
    )
    waits = (coming["promised"] or ZERO) - (coming["delivery"] or ZERO) - (released["given_up"] or ZERO)
    return (sums["owed"] or ZERO) + waits


def _hold(draft: OrderDraft, company_id: UUID) -> tuple[Company, Decimal]:
    """Lock the company on whose account the draft is to go; by how much it would be over its limit, 0 if it is not.

    From here to the end of the transaction no other order of the company is
    placed: two at the same instant cannot both find the same room below the limit. Raises `InvalidInput` for a company
    without terms, below its smallest order, without the number it asks for, or with gift cards.
    """
    company = lock_company(company_id)
    total, currency = draft.totals.total, draft.totals.currency
    if company.terms_days is None:
        raise InvalidInput(_("This company pays in advance."), code="orders.no_terms")
    if draft.credit:
        raise InvalidInput(
            _("Gift cards and store credit do not go with an order on account."),
            code="orders.credit_on_account",
        )
    check_least(company, total - draft.totals.shipping_gross, currency)
    if company.po_required and not draft.po_number.strip():
        message = _("Enter the number of your own purchase order.")
        raise InvalidInput(message, code="orders.po_required", fields={"po_number": [message]})
    if gift_months([item.variant.pk for item in draft.items]):
        raise InvalidInput(_("Gift cards are not sold on account."), code="orders.cards_on_account")
    return company, max(ZERO, exposure_of(company.pk) + total - company.credit_limit)


def check_least(company: Company, goods: Decimal, currency: str) -> None:
    """Refuse goods worth less than the company's smallest order; tax included, delivery left out."""
    if goods < company.least_order:
        message = _("Orders of this company start at %(least)s.") % {
            "least": format_money(company.least_order, currency)
        }
        raise InvalidInput(message, code="orders.below_least")


def hold_terms(drafts: Sequence[OrderDraft]) -> dict[int, tuple[Company, Decimal]]:
    """Lock the companies of the drafts that go on account, by `id` of the draft: see `_hold`."""
    held = {}
    for draft in drafts:
        if draft.company_id is not None:
            with tenancy.bind(draft.seller.pk):
                held[id(draft)] = _hold(draft, draft.company_id)
    return held


def account_of(contact: Contact) -> UUID:
    """The company of the customer whom staff or a program names by the e-mail; raises `InvalidInput`."""
    company = company_of_email(contact.email)
    if company is None:
        raise InvalidInput(_("This customer buys for no company."), code="orders.no_company")
    return company.pk


def put_on_account(order: Order, company: Company, over_limit_by: Decimal) -> None:
    """In memory: the company pays its invoices; nobody waits for money, so the order does not expire."""
    order.company = company
    order.terms_days = company.terms_days
    order.over_limit_by = over_limit_by
    order.expires_at = None
    move(order, Axis.PAYMENT, "agree_terms")


def check_room_for_more(order: Order, more: Decimal) -> None:
    """Recount an order that an amendment has changed by `more`; the caller holds it and has its new total in it.

    One that waits for approval waits with the new excess. One that was taken on may not take its company further over
    the limit: raises `WrongState` (`orders.over_limit`).
    """
    if not order.is_on_account or order.company_id is None:
        return
    company = lock_company(order.company_id)
    beyond = exposure_of(company.pk, besides=order.pk) + _own_exposure(order) - company.credit_limit
    if order.state == OrderState.PLACED:
        order.over_limit_by = max(ZERO, beyond)
    elif more > 0 and beyond > order.over_limit_by:
        amount = format_money(beyond, order.currency)
        raise WrongState(
            _("The company would be over its limit by %(amount)s.") % {"amount": amount},
            code="orders.over_limit",
            remedy=_("Raise its limit, or place the rest as another order for approval."),
        )


def _own_exposure(order: Order) -> Decimal:
    on_order: Decimal = order.total - order.recognised_total
    owed: Decimal = order.paid_total - order.refunded_total - order.settled_total
    return on_order + owed


@use_case(
    permission=APPROVE,
    idempotent=True,
    audits=("approvals.given", "orders.approved", "orders.confirmed"),
)
def approve_order(actor: Actor, *, order_id: UUID, key: str | None = None) -> Order:
    """Take an order on though its company goes over its limit with it; from then on it may be sent.

    Within what the actor's role may alone. Whose role is bounded at all does not approve what he placed himself: an
    approver with a PIN has to stand at his side. Publishes `orders.confirmed`. Raises `WrongState` for an order that
    does not wait for it, `PermissionRefused`, `NotFound`.
    """
    order = lock_order(order_id)
    _check_waits(actor, order)
    is_own = order.placed_by_id is not None and order.placed_by_id == person_of(actor)
    amount = order.over_limit_by
    keep_within_cap(actor, APPROVE, amount, currency=order.currency, thing=order, alone=not is_own)
    enter(actor, order, "approved", is_public=False, amount=amount)
    audit.record(
        actor, "orders.approved", order, after={"over limit by": amount, "bound": cap_of(actor, APPROVE)}
    )
    take_on(actor, order)
    save_standing(order)
    return order


@use_case(
    permission=APPROVE,
    idempotent=True,
    audits=("approvals.given", "orders.refunded", "orders.rejected"),
)
def refuse_order(actor: Actor, *, order_id: UUID, reason: str, key: str | None = None) -> Order:
    """Do not let the company go over its limit: the order is rejected with the reason, its stock is free.

    Publishes `orders.rejected`. Raises `InvalidInput` without a reason, `WrongState`, `NotFound`.
    """
    reason = clean_text(reason, 200, "reason")
    if not reason:
        message = _("Say why, so that the buyer knows.")
        raise InvalidInput(message, fields={"reason": [message]})
    order = lock_order(order_id)
    _check_waits(actor, order)
    reject(actor, order, lines_of(order), reason)
    return order


def _check_waits(actor: Actor, order: Order) -> None:
    if not is_visible(order, actor.limit):
        raise NotFound()
    if not order.needs_approval:
        raise WrongState(_("This order does not wait for approval."), code="orders.approval_refused")
