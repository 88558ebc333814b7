"""What staff do with purchase orders: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.purchasing import services
from apps.goods.purchasing.models import PurchaseOrder, PurchaseVersion, Supplier, SupplierItem
from apps.goods.purchasing.order_forms import (
    OptionalReasonForm,
    OrderForm,
    ReasonForm,
    RulesForm,
    SendForm,
    SupplierChoiceForm,
    typed_order,
)
from apps.goods.purchasing.policies import APPROVE, READ, RULES, WRITE, can_approve
from apps.goods.purchasing.selectors import get_rules
from apps.goods.purchasing.states import can_move
from apps.goods.purchasing.views import paper_response
from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.verbs import Verb, verb_url


def order_url(order_id: Any) -> str:
    """The order's page."""
    return reverse("admin:purchasing_purchaseorder_change", args=[order_id])


class ChooseSupplier(Verb):
    """From the list of orders: first from whom, then what."""

    name = "new"
    label = _("New purchase order")
    submit_label = _("Continue")
    permission = WRITE
    form_class = SupplierChoiceForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return actor.may("suppliers.read")

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return Supplier.objects.get(pk=data["supplier_id"])

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Enter what you order from %(name)s.") % {"name": result.name}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return verb_url(result, WriteOrder.name)


class WriteOrder(Verb):
    """On a supplier's page: a new order from it."""

    name = "order"
    label = _("Write purchase order")
    submit_label = _("Save draft")
    permission = WRITE

    def is_available(self, actor: Actor, obj: Supplier) -> bool:
        return obj.status == Supplier.Status.ACTIVE

    def explain(self, actor: Actor, obj: Supplier) -> list[Any]:
        said = [_now("A draft is saved. Nothing is sent before somebody approves it.")]
        if obj.minimum_order:
            least = format_amount(obj.minimum_order, obj.currency)
            said.append(_now("This supplier's minimum order is %(amount)s.") % {"amount": least})
        return said

    def get_form(self, actor: Actor, obj: Supplier, **kwargs: Any) -> Any:
        self.form = OrderForm(actor, obj, **kwargs)
        return self.form

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.draft_order(actor, supplier_id=obj.pk, draft=self.form.draft(), key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Order %(number)s is a draft.") % {"number": result.number}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return order_url(result.pk)


class OrderVerb(Verb):
    """A verb of the state table; `move` is its row there."""

    permission = WRITE
    move = ""

    def is_available(self, actor: Actor, obj: PurchaseOrder) -> bool:
        return can_move(obj, self.move)


class ChangeOrder(OrderVerb):
    name = "change"
    label = _("Change")
    submit_label = _("Save draft")
    move = "change"
    writes_back = True

    def initial(self, actor: Actor, obj: PurchaseOrder) -> dict[str, Any]:
        return typed_order(obj)

    def get_form(self, actor: Actor, obj: PurchaseOrder, **kwargs: Any) -> Any:
        self.form = OrderForm(actor, obj.supplier, **kwargs)
        return self.form

    def perform(self, actor: Actor, obj: PurchaseOrder, data: dict[str, Any], key: str) -> Any:
        return services.change_order(actor, order_id=obj.pk, draft=self.form.draft())


class SubmitOrder(OrderVerb):
    name = "submit"
    label = _("Submit for approval")
    move = "submit"

    def explain(self, actor: Actor, obj: PurchaseOrder) -> list[Any]:
        total = format_amount(obj.net_total, obj.currency)
        said = [_now("Somebody who may approve %(total)s is asked next.") % {"total": total}]
        least = obj.supplier.minimum_order
        if least and obj.net_total < least:
            said.append(
                _now("It is below the supplier's minimum order of %(amount)s.")
                % {"amount": format_amount(least, obj.currency)}
            )
        return said + _odd_quantities(obj)

    def perform(self, actor: Actor, obj: PurchaseOrder, data: dict[str, Any], key: str) -> Any:
        return services.submit_order(actor, order_id=obj.pk, key=key)


class ApproveOrder(OrderVerb):
    name = "approve"
    label = _("Approve")
    permission = APPROVE
    move = "approve"

    def is_available(self, actor: Actor, obj: PurchaseOrder) -> bool:
        return super().is_available(actor, obj) and can_approve(actor, obj, get_rules().approval_limit)

    def explain(self, actor: Actor, obj: PurchaseOrder) -> list[Any]:
        said = [
            _now("%(total)s without tax may be ordered from %(name)s. This version is kept as it stands.")
            % {"total": format_amount(obj.net_total, obj.currency), "name": obj.supplier.name}
        ]
        return said + _odd_quantities(obj)

    def perform(self, actor: Actor, obj: PurchaseOrder, data: dict[str, Any], key: str) -> Any:
        return services.approve_order(actor, order_id=obj.pk)


class SendBackOrder(OrderVerb):
    name = "send-back"
    label = _("Send back")
    permission = APPROVE
    move = "send_back"
    form_class = ReasonForm

    def explain(self, actor: Actor, obj: PurchaseOrder) -> list[Any]:
        return [_now("It becomes a draft again, with your reason on its timeline.")]

    def perform(self, actor: Actor, obj: PurchaseOrder, data: dict[str, Any], key: str) -> Any:
        return services.send_back_order(actor, order_id=obj.pk, reason=data["reason"])


class SendOrder(OrderVerb):
    name = "send"
    label = _("Send to supplier")
    move = "send"

    def explain(self, actor: Actor, obj: PurchaseOrder) -> list[Any]:
        return [
            _now("The mail has a link to the PDF of version %(version)s.") % {"version": obj.version},
            _now("From now on the goods count as incoming."),
        ]

    def get_form(self, actor: Actor, obj: PurchaseOrder, **kwargs: Any) -> Any:
        return SendForm(obj.supplier, **kwargs)

    def perform(self, actor: Actor, obj: PurchaseOrder, data: dict[str, Any], key: str) -> Any:
        order = services.send_order(actor, order_id=obj.pk, key=key, **data)
        # Made now, so that what is kept looks as it did when it was sent.
        services.read_paper(actor, version=PurchaseVersion.objects.get(order=obj, number=order.version))
        return order

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Order %(number)s is on its way to the supplier.") % {"number": result.number}


class AmendOrder(OrderVerb):
    name = "amend"
    label = _("Change what was approved")
    submit_label = _("Begin a new version")
    move = "amend"
    form_class = ReasonForm
    dangerous = True

    def explain(self, actor: Actor, obj: PurchaseOrder) -> list[Any]:
        return [
            _now("The order becomes a draft of version %(version)s.") % {"version": obj.version + 1},
            _now("It must be approved and sent again. The version before is kept with its PDF."),
        ]

    def perform(self, actor: Actor, obj: PurchaseOrder, data: dict[str, Any], key: str) -> Any:
        return services.amend_order(actor, order_id=obj.pk, reason=data["reason"])


class CloseOrder(OrderVerb):
    name = "close"
    label = _("Close")
    move = "close"
    form_class = OptionalReasonForm

    def explain(self, actor: Actor, obj: PurchaseOrder) -> list[Any]:
        return [_now("What has not come is expected no more.")]

    def perform(self, actor: Actor, obj: PurchaseOrder, data: dict[str, Any], key: str) -> Any:
        return services.close_order(actor, order_id=obj.pk, reason=data["reason"])


class CancelOrder(OrderVerb):
    name = "cancel"
    label = _("Cancel order")
    move = "cancel"
    form_class = ReasonForm
    dangerous = True

    def explain(self, actor: Actor, obj: PurchaseOrder) -> list[Any]:
        said = [_now("Nothing is expected of this order any more.")]
        if obj.sent_at:
            said.append(_now("Tell the supplier: no mail is sent."))
        return said

    def perform(self, actor: Actor, obj: PurchaseOrder, data: dict[str, Any], key: str) -> Any:
        return services.cancel_order(actor, order_id=obj.pk, reason=data["reason"])


class OpenPaper(Verb):
    name = "paper"
    label = _("PDF")
    submit_label = _("Open the PDF")
    permission = READ

    def is_available(self, actor: Actor, obj: PurchaseOrder) -> bool:
        return obj.versions(manager="objects").exists()

    def get_form(self, actor: Actor, obj: PurchaseOrder, **kwargs: Any) -> Any:
        from apps.goods.purchasing.supplier_forms import ChoiceOfOneForm

        return ChoiceOfOneForm(
            obj.versions(manager="objects").select_related("order").order_by("-number"), **kwargs
        )

    def perform(self, actor: Actor, obj: PurchaseOrder, data: dict[str, Any], key: str) -> Any:
        self.actor = actor
        return PurchaseVersion.objects.get(order=obj, pk=data["chosen"])

    def answer(self, request: HttpRequest, obj: Any, result: Any) -> HttpResponse | None:
        return paper_response(self.actor, result)


class SetRules(Verb):
    name = "rules"
    label = _("Limits and tolerance")
    submit_label = _("Save rules")
    permission = RULES
    form_class = RulesForm
    writes_back = True

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        rules = get_rules()
        return {name: getattr(rules, name) for name in RulesForm.base_fields}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.set_rules(actor, **data)


def _odd_quantities(order: PurchaseOrder) -> list[Any]:
    """What the supplier may refuse: less than it sells, or broken packs."""
    lines = list(order.lines(manager="objects").order_by("position"))
    items = {
        item.variant_id: item
        for item in SupplierItem.objects.filter(
            supplier_id=order.supplier_id, variant_id__in=[line.variant_id for line in lines]
        )
    }
    said = []
    for line in lines:
        item = items.get(line.variant_id)
        if item and line.quantity < item.minimum_quantity:
            said.append(
                _now("%(item)s: the supplier sells at least %(least)s.")
                % {"item": line.title, "least": item.minimum_quantity}
            )
        elif item and line.quantity % item.pack_size:
            said.append(
                _now("%(item)s: %(count)s is no whole number of packs of %(pack)s.")
                % {"item": line.title, "count": line.quantity, "pack": item.pack_size}
            )
    return said[:10]
