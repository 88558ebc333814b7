"""What staff do with an order: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.verbs import Verb

from .forms import CancelForm, NoteForm, RefundForm, ShipForm
from .kits import contents_words
from .models import Fulfilment, Order, OrderLine
from .policies import can_cancel, can_refund, can_send
from .services import add_note, cancel_order, confirm_order, mark_delivered, refund_order, send_order
from .states import UNDERWAY, WAITING, FulfilmentState, OrderState, PaymentState


def _lines(order: Order) -> list[OrderLine]:
    return list(OrderLine.objects.filter(order=order).select_related("variant").order_by("position"))


class ShipOrder(Verb):
    name = "ship"
    label = _("Ship")
    permission = "orders.fulfil"
    icon = "local_shipping"
    template_name = "orders/pieces.html"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_send(actor, obj)

    def heading(self, actor: Actor, obj: Any) -> Any:
        return _now("Ship order %(number)s") % {"number": obj.number}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        sentences = [_now("The pieces leave your stock and become revenue.")]
        if obj.payment_state == PaymentState.AUTHORISED:
            amount = format_amount(obj.outstanding, obj.currency)
            sentences.insert(0, _now("First the reserved %(amount)s is taken.") % {"amount": amount})
        if obj.email:
            sentences.append(_now("%(email)s gets a mail with the tracking link.") % {"email": obj.email})
        return sentences

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = ShipForm(obj, _lines(obj), **kwargs)
        return self.form

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        contained = contents_words(obj, form.lines)
        rows = form.rows("line", "lots") if form.modes else form.rows("line")
        return {
            "rows": [{**row, "contains": contained.get(row["line"].pk, "")} for row in rows],
            "heads": [
                _now("Pieces to send"),
                *([_now("Lots, if not the first to expire")] if form.modes else []),
            ],
            "show_waiting": True,
            "other_fields": [form[name] for name in ("carrier", "tracking_number", "tracking_url")],
        }

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return send_order(
            actor,
            order_id=obj.pk,
            lines=self.form.pieces("line"),
            lots=self.form.lots,
            carrier=data["carrier"],
            tracking_number=data["tracking_number"],
            tracking_url=data["tracking_url"],
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        facts = {"parcel": result.number, "number": obj.number}
        return _now("Parcel %(parcel)s of order %(number)s is on its way.") % facts


class MarkDelivered(Verb):
    name = "deliver"
    label = _("Mark delivered")
    permission = "orders.fulfil"
    icon = "where_to_vote"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return (
            obj.state == OrderState.CONFIRMED
            and obj.fulfilment_state != FulfilmentState.UNFULFILLED
            and obj.fulfilment_state in (*WAITING, *UNDERWAY)
            and Fulfilment.objects.filter(order=obj, state=Fulfilment.State.SHIPPED).exists()
        )

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        count = Fulfilment.objects.filter(order=obj, state=Fulfilment.State.SHIPPED).count()
        text = ngettext(
            "The parcel that is on its way counts as delivered.",
            "The %(count)s parcels that are on their way count as delivered.",
            count,
        )
        return [text % {"count": count}]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return mark_delivered(actor, order_id=obj.pk, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Order %(number)s is delivered.") % {"number": obj.number}


class ConfirmOrder(Verb):
    name = "confirm"
    label = _("Confirm unpaid")
    permission = "orders.confirm"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return bool(obj.state == OrderState.PLACED and not obj.is_on_account)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("The order no longer expires. It can be sent when its payment has arrived.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return confirm_order(actor, order_id=obj.pk)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Order %(number)s is confirmed.") % {"number": obj.number}


class RefundOrder(Verb):
    name = "refund"
    act = "orders.refund"
    label = _("Refund")
    permission = "orders.refund"
    icon = "undo"
    template_name = "orders/pieces.html"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_refund(actor, obj)

    def heading(self, actor: Actor, obj: Any) -> Any:
        return _now("Refund order %(number)s") % {"number": obj.number}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        most = format_amount(obj.refundable, obj.currency)
        return [
            _now("At most %(most)s can go back, the way it was paid.") % {"most": most},
            _now("The order is part paid: what was not sent is taken out by changing the order, not here.")
            if obj.payment_state == PaymentState.PART_PAID
            else _now("Pieces that were not sent are cancelled and free again."),
        ]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = RefundForm(obj, _lines(obj), **kwargs)
        return self.form

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        return {
            "rows": form.rows("unsent", "sent"),
            "heads": [_now("Not sent"), _now("Sent back or kept")],
            "preview_url": reverse("admin:orders_refund_preview", args=[obj.pk]),
            "other_fields": [form[name] for name in ("shipping", "amount", "to_credit", "restock", "reason")],
        }

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return refund_order(
            actor,
            order_id=obj.pk,
            lines=self.form.wanted(),
            amount=data["amount"],
            shipping=data["shipping"],
            restock=data["restock"],
            to_credit=data["to_credit"],
            reason=data["reason"],
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(amount)s goes back to the buyer.") % {
            "amount": format_amount(result.amount, obj.currency)
        }


class CancelOrder(Verb):
    name = "cancel"
    act = "orders.refund"
    label = _("Cancel order")
    permission = "orders.cancel"
    dangerous = True
    form_class = CancelForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_cancel(actor, obj)

    def heading(self, actor: Actor, obj: Any) -> Any:
        return _now("Cancel order %(number)s") % {"number": obj.number}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        waiting = sum(line.waiting_quantity for line in _lines(obj))
        text = ngettext("%(count)s piece is free again.", "%(count)s pieces are free again.", waiting)
        sentences = [text % {"count": waiting}]
        if obj.fulfilment_state == FulfilmentState.PART_FULFILLED:
            sentences.insert(0, _now("Only what has not been sent is cancelled."))
        if obj.deposit:
            amount = format_amount(obj.deposit, obj.currency)
            sentences.append(_now("%(amount)s goes back to the buyer.") % {"amount": amount})
        elif obj.state == OrderState.PLACED:
            sentences.append(_now("The buyer can no longer pay for it."))
        return sentences

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return cancel_order(actor, order_id=obj.pk, reason=data["reason"], key=key)

    def success(self, obj: Any, result: Any) -> Any:
        if result.state == OrderState.CANCELLED:
            return _now("Order %(number)s is cancelled.") % {"number": obj.number}
        return _now("The rest of order %(number)s is cancelled.") % {"number": obj.number}


class AddNote(Verb):
    name = "note"
    label = _("Add a note")
    permission = "orders.note"
    icon = "edit_note"
    form_class = NoteForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Only people of your business see the note.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return add_note(actor, order_id=obj.pk, text=data["text"], key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The note is on the timeline.")
