"""What staff do with the money of an order, and where its page says what came."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_amount, format_moment
from apps.platform.backoffice.detail import Section, tells_of
from apps.platform.backoffice.verbs import Verb
from apps.selling.payments.models import Payment
from apps.selling.payments.selectors import manual_codes

from .forms import MoneyForm
from .models import Order, Tender
from .pages import order_url
from .policies import can_ask_for_money, can_take_money, can_take_reserved
from .services import ask_for_payment, record_money, take_reserved
from .tenders import read_received


class RecordMoney(Verb):
    name = "money"
    label = _("Record money")
    permission = "orders.take_money"
    icon = "payments"
    form_class = MoneyForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_take_money(actor, obj)

    def heading(self, actor: Actor, obj: Any) -> Any:
        return _now("Record money for order %(number)s") % {"number": obj.number}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        missing = format_amount(obj.outstanding, obj.currency)
        return [
            _now(
                "%(missing)s is still missing. A part leaves the order waiting; all of it confirms the order."
            )
            % {"missing": missing},
            _now("The books take it to cash or bank. What is too much is to be given back."),
        ]

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        asked = Payment.objects.filter(owner_type="order", owner_id=obj.pk, provider__in=manual_codes())
        ways = {"cash": Tender.CASH, "bank_transfer": Tender.BANK}
        provider = asked.values_list("provider", flat=True).first()
        return {"amount": obj.outstanding, "tender": ways.get(provider or "", Tender.BANK)}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return record_money(actor, order_id=obj.pk, **data, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        if result.outstanding > 0:
            left = format_amount(result.outstanding, result.currency)
            return _now("Recorded. %(left)s is still missing.") % {"left": left}
        return _now("Recorded. Order %(number)s is paid.") % {"number": result.number}


class RemindOfPayment(Verb):
    name = "remind"
    label = _("Remind of payment")
    permission = "orders.take_money"
    icon = "mail"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_ask_for_money(actor, obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now("%(amount)s is still missing. %(email)s gets a mail with the way to pay it.")
            % {"amount": format_amount(obj.outstanding, obj.currency), "email": obj.email},
            _now("To send the way to pay yourself: %(link)s")
            % {"link": order_url(obj.business.slug, obj.public_token)},
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return ask_for_payment(actor, order_id=obj.pk, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The buyer of order %(number)s is reminded.") % {"number": obj.number}


class TakeForm(forms.Form):
    """How much of the reserved money is taken."""

    amount = forms.DecimalField(label=_("Amount"), min_value=Decimal(0))


class TakeReserved(Verb):
    name = "take"
    label = _("Take the money")
    permission = "orders.take_money"
    icon = "payments"
    form_class = TakeForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_take_reserved(actor, obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        amount = format_amount(obj.outstanding, obj.currency)
        return [
            _now("%(amount)s is reserved for order %(number)s and is taken now.")
            % {"amount": amount, "number": obj.number},
            _now("What you do not take now is free again: it can be taken only once."),
        ]

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"amount": obj.outstanding}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return take_reserved(actor, order_id=obj.pk, amount=data["amount"])

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The money for order %(number)s is taken.") % {"number": obj.number}


@tells_of(Order)
def money_received(actor: Actor, order: Order) -> list[Section]:
    """What came for the order, by which tender and when."""
    if not order.paid_total:
        return []
    return [
        Section(
            title=_("Money received"),
            columns=[_("Amount"), _("Paid by"), _("Reference"), _("Received")],
            rows=[
                [
                    format_amount(one.amount, order.currency),
                    one.get_tender_display(),
                    one.reference,
                    format_moment(one.received_at),
                ]
                for one in read_received(order)
            ],
            align={0: "end"},
        )
    ]
