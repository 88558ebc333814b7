"""What staff do with a transfer: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.warehouse.forms import ReasonForm, ReceiveTransferForm, ShipTransferForm, TransferForm
from apps.goods.warehouse.models import Transfer, TransferLine, TransferRules
from apps.goods.warehouse.policies import can_approve, can_cancel, can_receive, can_ship, get_transfer_rules
from apps.goods.warehouse.services import (
    approve_transfer,
    cancel_transfer,
    receive_transfer,
    request_transfer,
    set_transfer_rules,
    ship_transfer,
)
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import list_locations


def lines_of(transfer: Transfer) -> list[TransferLine]:
    """The lines with their goods, in one query."""
    return list(
        TransferLine.objects.filter(transfer=transfer).select_related("variant__product").order_by("position")
    )


class RequestTransfer(Verb):
    name = "request"
    label = _("New transfer")
    permission = "stock.transfer"

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        if list_locations().count() < 2:
            return [_now("You have one location only. Add another under Settings, Locations.")]
        return [_now("Nothing moves yet: whoever works where the goods lie sends them.")]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return TransferForm(actor, **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return request_transfer(actor, **data, key=key)

    def success(self, obj: Any, result: Transfer) -> Any:
        return _now("Transfer %(number)s is written.") % {"number": result.number}

    def success_url(self, obj: Any, result: Transfer) -> str | None:
        from django.urls import reverse

        return reverse("admin:warehouse_transfer_change", args=[result.pk])


class TransferRulesForm(forms.Form):
    approval = forms.ChoiceField(
        label=_("Must somebody agree before goods leave?"),
        choices=TransferRules.Approval.choices,
        widget=forms.RadioSelect,
        help_text=_("Holds for transfers that are asked for from now on."),
    )


class SetTransferRules(Verb):
    name = "rules"
    label = _("Approval of transfers")
    permission = "stock.approve_transfer"
    form_class = TransferRulesForm
    submit_label = _("Save")
    writes_back = True

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"approval": get_transfer_rules().approval}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return set_transfer_rules(actor, approval=data["approval"])

    def success(self, obj: Any, result: TransferRules) -> Any:
        return _now("Transfers need approval: %(answer)s.") % {"answer": result.get_approval_display()}


class NoteForm(forms.Form):
    note = forms.CharField(label=_("Note"), max_length=500, required=False)


class ApproveTransfer(Verb):
    name = "approve"
    label = _("Approve")
    permission = "stock.approve_transfer"
    icon = "fact_check"
    form_class = NoteForm
    submit_label = _("Approve the transfer")

    def is_available(self, actor: Actor, obj: Transfer) -> bool:
        return can_approve(actor, obj)

    def explain(self, actor: Actor, obj: Transfer) -> list[Any]:
        return [
            _now("Nothing moves yet: whoever works at %(place)s sends it then.") % {"place": obj.source.name}
        ]

    def perform(self, actor: Actor, obj: Transfer, data: dict[str, Any], key: str) -> Any:
        return approve_transfer(actor, transfer_id=obj.pk, note=data["note"], key=key)

    def success(self, obj: Any, result: Transfer) -> Any:
        return _now("Transfer %(number)s is approved.") % {"number": result.number}


class NumbersVerb(Verb):
    """Numbers for each line, in one table."""

    template_name = "warehouse/pieces.html"
    count_head: Any = ""

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        other = [form[name] for name in ("note", "reason") if name in form.fields]
        return {
            "rows": form.rows(),
            "heads": form.heads(),
            "count_head": self.count_head,
            "other_fields": other,
        }


class ShipTransfer(NumbersVerb):
    name = "ship"
    label = _("Send")
    permission = "stock.transfer"
    icon = "local_shipping"
    count_head = _("Asked for")
    submit_label = _("Send the goods")

    def is_available(self, actor: Actor, obj: Transfer) -> bool:
        return can_ship(actor, obj)

    def explain(self, actor: Actor, obj: Transfer) -> list[Any]:
        return [
            _now("The pieces leave %(place)s and are on their way, at the value they have there.")
            % {"place": obj.source.name},
            _now("What you do not send is not owed any more."),
        ]

    def get_form(self, actor: Actor, obj: Transfer, **kwargs: Any) -> Any:
        self.form = ShipTransferForm(lines_of(obj), **kwargs)
        return self.form

    def perform(self, actor: Actor, obj: Transfer, data: dict[str, Any], key: str) -> Any:
        return ship_transfer(
            actor, transfer_id=obj.pk, quantities=self.form.quantities(), note=data["note"], key=key
        )

    def success(self, obj: Any, result: Transfer) -> Any:
        return _now("Transfer %(number)s is on its way.") % {"number": result.number}


class ReceiveTransfer(NumbersVerb):
    name = "receive"
    label = _("Receive")
    permission = "stock.transfer"
    icon = "inventory"
    count_head = _("On its way")
    submit_label = _("Receive the goods")

    def is_available(self, actor: Actor, obj: Transfer) -> bool:
        return can_receive(actor, obj)

    def explain(self, actor: Actor, obj: Transfer) -> list[Any]:
        return [
            _now("What arrived lies at %(place)s; damaged and missing pieces are written off.")
            % {"place": obj.destination.name},
            _now("What you leave out stays on its way."),
        ]

    def get_form(self, actor: Actor, obj: Transfer, **kwargs: Any) -> Any:
        self.form = ReceiveTransferForm([line for line in lines_of(obj) if line.open_quantity], **kwargs)
        return self.form

    def perform(self, actor: Actor, obj: Transfer, data: dict[str, Any], key: str) -> Any:
        return receive_transfer(
            actor, transfer_id=obj.pk, lines=self.form.landed(), reason=data["reason"], key=key
        )

    def success(self, obj: Any, result: Transfer) -> Any:
        words = {"number": result.number}
        if result.state == Transfer.State.RECEIVED:
            return _now("Transfer %(number)s is received.") % words
        return _now("A part of transfer %(number)s is received; the rest is still on its way.") % words


class CancelTransfer(Verb):
    name = "cancel"
    label = _("Call off")
    permission = "stock.transfer"
    dangerous = True
    form_class = ReasonForm
    submit_label = _("Call the transfer off")

    def is_available(self, actor: Actor, obj: Transfer) -> bool:
        return can_cancel(actor, obj)

    def explain(self, actor: Actor, obj: Transfer) -> list[Any]:
        return [_now("Nothing was sent, so nothing moves.")]

    def perform(self, actor: Actor, obj: Transfer, data: dict[str, Any], key: str) -> Any:
        return cancel_transfer(actor, transfer_id=obj.pk, reason=data["reason"], key=key)

    def success(self, obj: Any, result: Transfer) -> Any:
        return _now("Transfer %(number)s is called off.") % {"number": result.number}
