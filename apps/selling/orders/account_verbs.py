"""Staff decide on orders that take a company over its limit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import today
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import get_current_business

from .models import Order
from .policies import APPROVE, can_approve
from .services import approve_order, refuse_order
from .states import OrderState, PaymentState

MOST_WAITING = 3
TO_APPROVE = Q(state=OrderState.PLACED, payment_state=PaymentState.ON_TERMS)


class ApproveOrder(Verb):
    name = "approve"
    act = APPROVE
    label = _("Approve")
    permission = APPROVE
    icon = "check_circle"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_approve(actor, obj)

    def heading(self, actor: Actor, obj: Any) -> Any:
        return _now("Approve order %(number)s") % {"number": obj.number}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        over = format_amount(obj.over_limit_by, obj.currency)
        return [
            _now("%(company)s goes over its limit by %(over)s with it.")
            % {"company": obj.company, "over": over},
            _now("It is confirmed and may be sent; each parcel has its invoice."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return approve_order(actor, order_id=obj.pk, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Order %(number)s is approved.") % {"number": obj.number}


class ReasonForm(forms.Form):
    """Why an order is not taken on."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("The buyer reads it."))


class RefuseOrder(Verb):
    name = "refuse"
    label = _("Reject")
    permission = APPROVE
    dangerous = True
    form_class = ReasonForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_approve(actor, obj)

    def heading(self, actor: Actor, obj: Any) -> Any:
        return _now("Reject order %(number)s") % {"number": obj.number}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Its items are free again, and nothing is owed for it.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return refuse_order(actor, order_id=obj.pk, reason=data["reason"], key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Order %(number)s is rejected.") % {"number": obj.number}


def account_facts(order: Order) -> list[Fact]:
    """Who pays for it and when, and what it waits for."""
    if order.company is None:
        return []
    facts = [
        Fact(
            _("On account of"),
            str(order.company),
            help=_now("Invoices are due after %(days)s days.") % {"days": order.terms_days},
        )
    ]
    if order.needs_approval:
        over = format_amount(order.over_limit_by, order.currency)
        facts.append(Fact(_("Needs approval"), _now("over limit by %(amount)s") % {"amount": over}))
    if order.paid_total:
        facts += [
            Fact(_("Invoiced"), format_amount(order.paid_total, order.currency)),
            Fact(_("Paid by the company"), format_amount(order.settled_total, order.currency)),
        ]
    return facts


@today.register_waiting(permission=APPROVE, order=12)
def waits_for_approval(actor: Actor) -> list[today.Waiting]:
    """Orders over a limit, the one that waits longest first."""
    rows = Order.objects.filter(TO_APPROVE).select_related("company")
    currency = get_current_business().currency
    return [
        today.Waiting(
            text=_now("Order %(number)s of %(company)s is over the limit by %(amount)s:")
            % {
                "number": row.number,
                "company": row.company,
                "amount": format_amount(row.over_limit_by, currency),
            },
            verb=_("Decide"),
            url=reverse("admin:orders_order_change", args=[row.pk]),
        )
        for row in rows.order_by("placed_at")[:MOST_WAITING]
    ]
