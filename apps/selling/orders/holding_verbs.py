"""Holding an order back, and unpacking it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb

from .services import hold_order, release_order, unpack_order
from .services.holding import LONGEST_REASON
from .states import TO_SEND, FulfilmentState, OrderState

_OPEN = (OrderState.PLACED, OrderState.CONFIRMED)


class HoldForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=LONGEST_REASON, help_text=_("For you and your colleagues alone.")
    )


class HoldOrder(Verb):
    name = "hold"
    label = _("Hold back")
    permission = "orders.fulfil"
    icon = "pause"
    form_class = HoldForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.state in _OPEN and obj.fulfilment_state in TO_SEND

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Nothing of it leaves until it is released. Its items stay reserved.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return hold_order(actor, order_id=obj.pk, reason=data["reason"], key=key)


class ReleaseOrder(Verb):
    name = "release"
    label = _("Release")
    permission = "orders.fulfil"
    icon = "play_arrow"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.state in _OPEN and obj.fulfilment_state == FulfilmentState.ON_HOLD

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("It can be packed and sent again.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return release_order(actor, order_id=obj.pk, key=key)


class UnpackOrder(Verb):
    name = "unpack"
    label = _("Unpack")
    permission = "orders.fulfil"
    icon = "unarchive"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.state in _OPEN and obj.fulfilment_state == FulfilmentState.READY

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("It has to be packed and checked once more before it is sent.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return unpack_order(actor, order_id=obj.pk, key=key)
