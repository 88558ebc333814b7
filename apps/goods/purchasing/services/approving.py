"""From a draft to a version that is kept: submit, send back, approve, and begin a change."""

from __future__ import annotations

import secrets
from decimal import ROUND_FLOOR
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.purchasing.content import order_content
from apps.goods.purchasing.events import OrderApproved, OrderSubmitted
from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder, PurchaseStep, PurchaseVersion
from apps.goods.purchasing.policies import APPROVE, APPROVE_ANY, WRITE, can_approve
from apps.goods.purchasing.selectors import get_rules
from apps.goods.purchasing.services import checking
from apps.goods.purchasing.services.orders import base_currency, enter, lock_order
from apps.goods.purchasing.services.suppliers import check_active
from apps.goods.purchasing.states import move
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused
from apps.kernel.events import publish
from apps.kernel.money import format_money
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_business


@use_case(permission=WRITE, idempotent=True, audits="purchasing.submitted")
def submit_order(actor: Actor, *, order_id: UUID, key: str | None = None) -> PurchaseOrder:
    """Ask for approval of a draft. Publishes `purchasing.order_submitted`. Raises `WrongState`, `NotFound`."""
    order = lock_order(actor, order_id)
    check_active(order.supplier)
    move(order, "submit")
    order.submitted_at = clock.now()
    order.save(update_fields=["state", "submitted_at", "updated_at"])
    enter(actor, order, PurchaseStep.Kind.SUBMITTED)
    publish(
        OrderSubmitted(
            business_id=require_business_id(),
            order_id=order.pk,
            number=order.number,
            base_total=order.base_total,
            currency=base_currency(),
        )
    )
    audit.record(actor, "purchasing.submitted", order, after={"total": order.total, "version": order.version})
    return order


@use_case(permission=APPROVE, audits="purchasing.returned")
def send_back_order(actor: Actor, *, order_id: UUID, reason: str) -> PurchaseOrder:
    """Give an order back to who wrote it, with the reason. Raises `WrongState`, `InvalidInput`, `NotFound`."""
    reason = checking.required_text(reason, "reason", 500)
    order = lock_order(actor, order_id)
    move(order, "send_back")
    order.save(update_fields=["state", "updated_at"])
    enter(actor, order, PurchaseStep.Kind.RETURNED, reason)
    audit.record(actor, "purchasing.returned", order, reason=reason)
    return order


@use_case(audits="purchasing.approved")
def approve_order(actor: Actor, *, order_id: UUID) -> PurchaseOrder:
    """Allow an order, and keep this version as it stands. An amount over the limit asks `purchasing.approve_any`.

    What may be accepted of each line is fixed now: the quantity and the business's tolerance. Publishes
    `purchasing.order_approved`. Raises `PermissionRefused`, `WrongState`, `NotFound`.
    """
    if not actor.may(APPROVE_ANY):
        actor.require(APPROVE)
    order = lock_order(actor, order_id)
    rules = get_rules()
    if not can_approve(actor, order, rules.approval_limit):
        raise PermissionRefused(
            _("%(amount)s is over the limit up to which you may approve (%(limit)s).")
            % {
                "amount": format_money(order.base_total, base_currency()),
                "limit": format_money(rules.approval_limit, base_currency()),
            },
            code="over_approval_limit",
            remedy=_("Ask somebody who may approve any amount."),
        )
    move(order, "approve")
    lines = list(PurchaseLine.objects.filter(order=order).order_by("position"))
    for line in lines:
        extra = line.quantity * rules.over_receipt_percent / 100
        line.most_quantity = line.quantity + int(extra.to_integral_value(rounding=ROUND_FLOOR))
    PurchaseLine.objects.bulk_update(lines, ["most_quantity"])
    order.approved_at, order.approved_by = clock.now(), actor.label[:200]
    order.save(update_fields=["state", "approved_at", "approved_by", "updated_at"])
    business = get_business(require_business_id())
    PurchaseVersion.objects.create(
        order=order,
        number=order.version,
        snapshot=order_content(business, order, lines),
        total=order.total,
        approved_by=actor.label[:200],
        token=secrets.token_urlsafe(32),
    )
    enter(actor, order, PurchaseStep.Kind.APPROVED, _("Version %(number)s") % {"number": order.version})
    publish(
        OrderApproved(
            business_id=business.pk, order_id=order.pk, number=order.number, version_number=order.version
        )
    )
    audit.record(
        actor,
        "purchasing.approved",
        order,
        after={"version": order.version, "total": order.total, "net in own currency": order.base_total},
    )
    return order


@use_case(permission=WRITE, audits="purchasing.amended")
def amend_order(actor: Actor, *, order_id: UUID, reason: str) -> PurchaseOrder:
    """Begin a change of an approved or sent order: it becomes a draft of the next version.

    The version before stays as it was approved, with its PDF. Nothing may have come yet: raises `WrongState` then.
    """
    reason = checking.required_text(reason, "reason", 500)
    order = lock_order(actor, order_id)
    move(order, "amend")
    before = {"version": order.version, "total": order.total}
    order.version += 1
    order.submitted_at = order.approved_at = order.sent_at = None
    order.approved_by = ""
    order.save()
    enter(actor, order, PurchaseStep.Kind.AMENDED, reason)
    audit.record(
        actor, "purchasing.amended", order, before=before, after={"version": order.version}, reason=reason
    )
    return order


def current_version(order: PurchaseOrder) -> PurchaseVersion:
    """The version that was approved last; raises `InvalidInput` when none was."""
    version = PurchaseVersion.objects.filter(order=order, number=order.version).first()
    if version is None:
        raise InvalidInput(_("This order was not approved yet."), code="not_approved")
    return version
