"""Receiving an order."""

from __future__ import annotations

import json
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.codes import codes_of
from apps.goods.purchasing import services
from apps.goods.purchasing.models import ChargeKind, PurchaseLine, PurchaseOrder
from apps.goods.purchasing.receipt_forms import ReceiptForm
from apps.goods.purchasing.states import RECEIVABLE
from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import get_current_business


def receipt_url(receipt_id: Any) -> str:
    """The receipt's page."""
    return reverse("admin:purchasing_goodsreceipt_change", args=[receipt_id])


class ReceiveGoods(Verb):
    name = "receive"
    label = _("Receive goods")
    permission = "stock.receive"
    template_name = "purchasing/receive.html"

    def is_available(self, actor: Actor, obj: PurchaseOrder) -> bool:
        if obj.state not in RECEIVABLE:
            return False
        return any(line.acceptable_quantity for line in obj.lines(manager="objects").all())

    def explain(self, actor: Actor, obj: PurchaseOrder) -> list[Any]:
        return [
            _now("Accepted pieces go to the shelf at what they cost here; rejected ones do not."),
            _now("Costs are in %(currency)s and are spread over what was accepted.")
            % {"currency": get_current_business().currency},
        ]

    def get_form(self, actor: Actor, obj: PurchaseOrder, **kwargs: Any) -> Any:
        self.form = ReceiptForm(actor, obj, **kwargs)
        return self.form

    def context(self, actor: Actor, obj: PurchaseOrder, form: ReceiptForm) -> dict[str, Any]:
        codes = codes_of({line.variant_id for line in form.lines})
        return {
            "rows": [
                {
                    "line": line,
                    "codes": json.dumps(_codes_of_line(line, codes.get(line.variant_id, {}))),
                    "fields": [form[f"{name}_{line.pk}"] for name in ("accepted", "rejected", "reason")],
                    "packs": form[f"packs_{line.pk}"] if f"packs_{line.pk}" in form.fields else None,
                    "lots": form[f"lots_{line.pk}"] if f"lots_{line.pk}" in form.fields else None,
                }
                for line in form.lines
            ],
            "with_lots": bool(form.modes),
            "charges": [(form[f"charge_{kind}"], form[f"basis_{kind}"]) for kind in ChargeKind.values],
            "other_fields": [form[name] for name in ("location_id", "delivery_note", "note")],
        }

    def perform(self, actor: Actor, obj: PurchaseOrder, data: dict[str, Any], key: str) -> Any:
        return services.receive_goods(
            actor,
            order_id=obj.pk,
            lines=self.form.arrivals(),
            charges=self.form.charges(),
            location_id=data["location_id"],
            delivery_note=data["delivery_note"],
            note=data["note"],
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(receipt)s was received, worth %(value)s.") % {
            "receipt": result.number,
            "value": format_amount(result.value),
        }

    def success_url(self, obj: Any, result: Any) -> str | None:
        return receipt_url(result.pk)


def _codes_of_line(line: PurchaseLine, known: dict[str, int]) -> dict[str, int]:
    """What may be scanned for a line, and how many pieces each code counts: the supplier's number is one too."""
    own = {code.upper(): 1 for code in (line.sku, line.supplier_sku) if code}
    return own | known
