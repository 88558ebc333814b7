"""What staff do with returns: each verb calls one service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.verbs import Verb
from apps.selling.orders.drafts import RefundLine
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.selectors import preview_refund
from apps.selling.orders.sold import counting_of_line, things_in
from apps.selling.orders.states import FulfilmentState

from . import policies, services
from .forms import ReceiveForm, RulesForm, SettleForm, WishForm, WordsForm
from .models import GoodsReturn, ReturnLine, Wish
from .selectors import exchange_choices, get_rules, lines_of_return, returnable_lines
from .states import allows

SENT = (
    FulfilmentState.PART_FULFILLED,
    FulfilmentState.FULFILLED,
    FulfilmentState.DELIVERED,
    FulfilmentState.RETURNING,
)


class StartReturn(Verb):
    """On the page of an order."""

    name = "return"
    label = _("Start a return")
    permission = policies.DECIDE
    icon = "assignment_return"
    template_name = "orders/pieces.html"

    def is_available(self, actor: Actor, obj: Order) -> bool:
        return obj.fulfilment_state in SENT

    def heading(self, actor: Actor, obj: Order) -> Any:
        return _now("Start a return of order %(number)s") % {"number": obj.number}

    def explain(self, actor: Actor, obj: Order) -> list[Any]:
        return [
            _now("It is approved at once, and the buyer is mailed how to send it."),
            _now("Nothing is paid back before you have received it and settled the return."),
        ]

    def get_form(self, actor: Actor, obj: Order, **kwargs: Any) -> Any:
        known = [one for one in returnable_lines(obj, by_rules=False) if one.most]
        self.form = WishForm(known, exchange_choices([one.line for one in known]), **kwargs)
        return self.form

    def context(self, actor: Actor, obj: Order, form: Any) -> dict[str, Any]:
        return {
            "rows": form.rows(),
            "heads": [_now("Pieces"), _now("Reason"), _now("Instead")],
            "other_fields": [form["wish"], form["note"]],
        }

    def perform(self, actor: Actor, obj: Order, data: dict[str, Any], key: str) -> Any:
        return services.request_return(
            actor, order_id=obj.pk, lines=self.form.wished(), wish=data["wish"], note=data["note"], key=key
        )

    def success(self, obj: Order, result: GoodsReturn) -> Any:
        return _now("Return %(number)s is on its way.") % {"number": result.number}

    def success_url(self, obj: Order, result: GoodsReturn) -> str | None:
        return reverse("admin:returns_goodsreturn_change", args=[result.pk])


class ApproveReturn(Verb):
    name = "approve"
    label = _("Approve")
    permission = policies.DECIDE
    icon = "check"
    form_class = WordsForm

    def is_available(self, actor: Actor, obj: GoodsReturn) -> bool:
        return allows(obj, "approve")

    def initial(self, actor: Actor, obj: GoodsReturn) -> dict[str, Any]:
        return {"words": get_rules().instructions}

    def explain(self, actor: Actor, obj: GoodsReturn) -> list[Any]:
        return [_now("The buyer is mailed how to send it back. Nothing is paid back yet.")]

    def perform(self, actor: Actor, obj: GoodsReturn, data: dict[str, Any], key: str) -> Any:
        return services.approve_return(actor, return_id=obj.pk, words=data["words"])

    def success(self, obj: GoodsReturn, result: Any) -> Any:
        return _now("Return %(number)s is approved.") % {"number": obj.number}


class RefuseReturn(Verb):
    name = "refuse"
    label = _("Refuse")
    permission = policies.DECIDE
    dangerous = True
    form_class = WordsForm

    def is_available(self, actor: Actor, obj: GoodsReturn) -> bool:
        return allows(obj, "refuse")

    def explain(self, actor: Actor, obj: GoodsReturn) -> list[Any]:
        return [_now("The buyer reads why. She can ask once more.")]

    def perform(self, actor: Actor, obj: GoodsReturn, data: dict[str, Any], key: str) -> Any:
        return services.refuse_return(actor, return_id=obj.pk, words=data["words"])

    def success(self, obj: GoodsReturn, result: Any) -> Any:
        return _now("Return %(number)s is refused.") % {"number": obj.number}


class WithdrawReturn(Verb):
    name = "withdraw"
    label = _("Call off")
    permission = policies.DECIDE
    dangerous = True

    def is_available(self, actor: Actor, obj: GoodsReturn) -> bool:
        return allows(obj, "withdraw")

    def explain(self, actor: Actor, obj: GoodsReturn) -> list[Any]:
        return [_now("The goods stay with the buyer, and nothing is paid back.")]

    def perform(self, actor: Actor, obj: GoodsReturn, data: dict[str, Any], key: str) -> Any:
        return services.withdraw_return(actor, return_id=obj.pk)

    def success(self, obj: GoodsReturn, result: Any) -> Any:
        return _now("Return %(number)s is called off.") % {"number": obj.number}


class ReceiveReturn(Verb):
    name = "receive"
    label = _("Receive")
    permission = policies.RECEIVE
    icon = "inventory"
    template_name = "orders/pieces.html"

    def is_available(self, actor: Actor, obj: GoodsReturn) -> bool:
        return allows(obj, "receive")

    def explain(self, actor: Actor, obj: GoodsReturn) -> list[Any]:
        return [
            _now("Say of each piece how it arrived. What you leave out is still on its way."),
            _now("Stock and money move when you settle the return."),
        ]

    def get_form(self, actor: Actor, obj: GoodsReturn, **kwargs: Any) -> Any:
        self.form = ReceiveForm(lines_of_return(obj), **kwargs)
        return self.form

    def context(self, actor: Actor, obj: GoodsReturn, form: Any) -> dict[str, Any]:
        return {
            "rows": form.rows(),
            "heads": [_now("Can be sold"), _now("Damaged"), _now("Did not arrive")],
            "other_fields": [],
        }

    def perform(self, actor: Actor, obj: GoodsReturn, data: dict[str, Any], key: str) -> Any:
        return services.receive_return(actor, return_id=obj.pk, lines=self.form.received(), key=key)

    def success(self, obj: GoodsReturn, result: GoodsReturn) -> Any:
        return _now("Noted. Settle the return to pay back what arrived.")


class SettleReturn(Verb):
    name = "settle"
    label = _("Settle")
    permission = policies.DECIDE
    act = "orders.refund"
    icon = "payments"
    form_class = SettleForm

    def is_available(self, actor: Actor, obj: GoodsReturn) -> bool:
        return actor.may("orders.refund") and allows(obj, "settle")

    def initial(self, actor: Actor, obj: GoodsReturn) -> dict[str, Any]:
        return {"how": obj.wish}

    def explain(self, actor: Actor, obj: GoodsReturn) -> list[Any]:
        lines = lines_of_return(obj)
        due = sum(things_in(line.order_line, line.unsettled) for line in lines)
        shelf = _goods((line.order_line, line.sellable - line.settled_sellable) for line in lines)
        text = ngettext(
            "%(count)s piece is paid back; in stock again: %(shelf)s.",
            "%(count)s pieces are paid back; in stock again: %(shelf)s.",
            due,
        )
        said = [text % {"count": due, "shelf": shelf}]
        if worth := _worth(obj, lines):
            said.append(_now("The buyer gets %(amount)s.") % {"amount": worth})
        if any(line.open_quantity for line in lines):
            said.append(_now("The rest is settled when it has arrived."))
        if obj.wish == Wish.EXCHANGE:
            said.append(_now("The new order is placed at today's prices and paid by this credit."))
        return said

    def perform(self, actor: Actor, obj: GoodsReturn, data: dict[str, Any], key: str) -> Any:
        return services.settle_return(actor, return_id=obj.pk, how=data["how"], key=key)

    def success(self, obj: GoodsReturn, result: GoodsReturn) -> Any:
        return _now("What arrived of return %(number)s is settled.") % {"number": obj.number}


def _goods(pieces: Iterable[tuple[OrderLine, int]]) -> str:
    """How much goes back on the shelf: a number, with what is measured in its unit beside it."""
    counted, measured = 0, []
    for line, count in pieces:
        counting = counting_of_line(line)
        if not counting.unit:
            counted += count
        elif count:
            measured.append(counting.words(count))
    return " + ".join([str(counted), *measured] if counted or not measured else measured)


def _worth(row: GoodsReturn, lines: list[ReturnLine]) -> str:
    """What settling would pay back, in words; empty where the order allows no such refund: settling says why."""
    pieces = [RefundLine(line.order_line_id, line.unsettled, sent=True) for line in lines if line.unsettled]
    try:
        return format_amount(preview_refund(row.order, lines=pieces).amount, row.order.currency)
    except DomainError:
        return ""


class SetRules(Verb):
    name = "rules"
    label = _("Rules")
    permission = policies.RULES
    icon = "rule"
    form_class = RulesForm
    submit_label = _("Save rules")
    writes_back = True

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        rules = get_rules()
        names = ("accepts", "window_days", "offers_exchange", "offers_credit", "instructions")
        return {name: getattr(rules, name) for name in names} | {"excluded_tags": rules.excluded_tags}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Buyers are held to these rules. Staff can start any return on the order's page.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.set_return_rules(actor, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The rules were saved.")
