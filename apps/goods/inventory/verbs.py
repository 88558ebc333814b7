"""What staff do with stock: each verb calls one service."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.catalog.models import Product, Variant
from apps.goods.inventory.forms import CountForm, DeliveryForm, ReceiveForm, ValuationForm, WarningForm
from apps.goods.inventory.lines import AdjustLine
from apps.goods.inventory.models import StockBalance
from apps.goods.inventory.page_parts import full_name
from apps.goods.inventory.policies import get_stock_rules
from apps.goods.inventory.selectors import list_balances
from apps.goods.inventory.services import (
    choose_valuation,
    propose_adjustment,
    receive_stock,
    set_warning_level,
)
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.platform.backoffice.verbs import Verb


def counted_variants(thing: Product | Variant) -> list[Variant]:
    """The variants whose stock is counted: of a product, or the variant itself."""
    if isinstance(thing, Variant):
        return [thing] if thing.track_stock and thing.active else []
    # Each verb of a product's page asks: read once for the page.
    read: list[Variant] | None = thing.__dict__.get("_counted_variants")
    if read is None:
        counted = Variant.objects.filter(product=thing, active=True, track_stock=True).select_related(
            "product"
        )
        read = thing.__dict__["_counted_variants"] = list(counted.order_by("position", "id")[:200])
    return read


class StockVerb(Verb):
    """Numbers for each variant, in one table."""

    template_name = "inventory/numbers.html"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return bool(counted_variants(obj))

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        offered = {key for key, _name in form.fields["location_id"].choices}
        lying: dict[UUID, list[str]] = {}
        for row in list_balances([variant.pk for variant in form.variants]):
            if str(row.location_id) in offered:
                lying.setdefault(row.variant_id, []).append(f"{row.location.name} {row.on_hand}")
        return {
            "rows": [
                {
                    "variant": variant,
                    "name": full_name(variant),
                    "on_hand": ", ".join(lying.get(variant.pk, ["0"])),
                    "fields": [field for field in form if field.name.endswith(str(variant.pk))],
                }
                for variant in form.variants
            ],
            "other_fields": [
                form[name] for name in ("location_id", "reason_code", "note") if name in form.fields
            ],
        }


class ReceiveStock(StockVerb):
    name = "receive"
    label = _("Receive stock")
    permission = "stock.receive"

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = ReceiveForm(actor, counted_variants(obj), **kwargs)
        return self.form

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        heads = [_("How many"), _("Unit cost"), *([_("Lots or serial numbers")] if form.modes else [])]
        return {**super().context(actor, obj, form), "heads": heads}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Enter what came in. Without a unit cost the item's own cost is taken.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        lines = self.form.lines()
        if not lines:
            raise InvalidInput(_now("Enter how many came in for at least one item."))
        return receive_stock(actor, location_id=data["location_id"], lines=lines, note=data["note"], key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _received(result)


class AdjustStock(StockVerb):
    name = "adjust"
    label = _("Adjust stock")
    permission = "stock.adjust"

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Enter what is really there. The difference is written to the ledger with its cause.")]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = CountForm(actor, counted_variants(obj), **kwargs)
        return self.form

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        return {**super().context(actor, obj, form), "heads": [_("Now on hand")]}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        lines = [
            AdjustLine(variant.pk, counted=counted)
            for variant in self.form.variants
            if (counted := data[f"counted_{variant.pk}"]) is not None
        ]
        if not lines:
            raise InvalidInput(_now("Enter a number for at least one item."))
        return propose_adjustment(
            actor,
            location_id=data["location_id"],
            lines=lines,
            reason_code=data["reason_code"],
            note=data["note"],
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        if result.waiting is not None:
            return _now("Adjustment %(number)s waits for somebody's approval; nothing was changed yet.") % {
                "number": result.waiting.number
            }
        if not result.movements:
            return _now("The numbers were right already; nothing was changed.")
        delta = sum(movement.on_hand_delta for movement in result.movements)
        return _now("Stock was adjusted by %(delta)s.") % {"delta": f"{delta:+d}"}


class ReceiveDelivery(Verb):
    name = "receive"
    label = _("Receive a delivery")
    permission = "stock.receive"

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        form = DeliveryForm(actor, **kwargs)
        form.order_fields(["location_id", "lines", "note"])
        return form

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return receive_stock(actor, key=key, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _received(result)


class SetWarning(Verb):
    name = "warn"
    label = _("Set warning level")
    permission = "stock.rules"
    form_class = WarningForm
    writes_back = True

    def initial(self, actor: Actor, obj: StockBalance) -> dict[str, Any]:
        return {"threshold": obj.low_stock_threshold}

    def perform(self, actor: Actor, obj: StockBalance, data: dict[str, Any], key: str) -> Any:
        return set_warning_level(
            actor, variant_id=obj.variant_id, location_id=obj.location_id, threshold=data["threshold"]
        )

    def success_url(self, obj: StockBalance, result: Any) -> str | None:
        return reverse("admin:inventory_stockbalance_changelist")


class ChooseValuation(Verb):
    name = "valuation"
    label = _("How stock is valued")
    permission = "stock.limits"
    form_class = ValuationForm
    submit_label = _("Save")
    writes_back = True

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"method": get_stock_rules().valuation}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now("By the moving average all pieces of an item cost the same; or the oldest delivery leaves first."),
            _now("Changing to first in, first out values what lies there by its newest deliveries; the books follow."),
            _now("What reports say of past days stays as it was."),
        ]  # fmt: skip

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return choose_valuation(actor, method=data["method"], key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Stock is valued by: %(method)s.") % {"method": result.get_valuation_display()}


def _received(movements: Any) -> str:
    units = sum(movement.on_hand_delta for movement in movements)
    return ngettext("%(units)s unit was received.", "%(units)s units were received.", units) % {
        "units": units
    }
