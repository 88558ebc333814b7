"""What staff do in a count: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.inventory.page_parts import full_name
from apps.goods.inventory.policies import get_stock_rules
from apps.goods.warehouse.count_forms import FinishForm, OpenCountForm, ScanForm
from apps.goods.warehouse.forms import ReasonForm
from apps.goods.warehouse.models import CountLine, CountScan, StockCount
from apps.goods.warehouse.policies import can_count, is_second_pair, sees_expected
from apps.goods.warehouse.scope import list_uncounted
from apps.goods.warehouse.selectors import variance_of
from apps.goods.warehouse.services import (
    approve_count,
    cancel_count,
    finish_count,
    open_count,
    record_scan,
    reopen_count,
)
from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.verbs import Verb, verb_url

LAST_SCANS = 8


class OpenCount(Verb):
    name = "open"
    label = _("New count")
    permission = "stock.count"
    submit_label = _("Begin counting")

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Selling goes on: each item is compared with the stock of the moment it is counted.")]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        return OpenCountForm(actor, **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        chosen = data.pop("codes")
        return open_count(actor, variant_ids=chosen, **data, key=key)

    def success(self, obj: Any, result: StockCount) -> Any:
        return _now("Count %(number)s is open.") % {"number": result.number}

    def success_url(self, obj: Any, result: StockCount) -> str | None:
        return verb_url(result, "scan")


class Scan(Verb):
    """The page of whoever stands at the shelf: one field, Enter, the next."""

    name = "scan"
    label = _("Count")
    permission = "stock.count"
    icon = "barcode_scanner"
    form_class = ScanForm
    submit_label = _("Add to the count")
    template_name = "warehouse/scan.html"

    def is_available(self, actor: Actor, obj: StockCount) -> bool:
        return can_count(actor, obj, "scan")

    def heading(self, actor: Actor, obj: StockCount) -> Any:
        return _now("Count %(number)s, %(place)s") % {"number": obj.number, "place": obj.location.name}

    def context(self, actor: Actor, obj: StockCount, form: Any) -> dict[str, Any]:
        scans = CountScan.objects.filter(count=obj).select_related("line__variant__product").order_by("-id")
        waiting = CountLine.objects.filter(count=obj, counted_quantity=None).select_related(
            "variant__product"
        )
        return {
            "scans": [(scan, full_name(scan.line.variant)) for scan in scans[:LAST_SCANS]],
            "waiting": [full_name(line.variant) for line in waiting.order_by("variant__sku")[:LAST_SCANS]],
            "waiting_count": waiting.count(),
            "shows_expected": sees_expected(actor, obj),
        }

    def perform(self, actor: Actor, obj: StockCount, data: dict[str, Any], key: str) -> Any:
        return record_scan(actor, count_id=obj.pk, **data, key=key)

    def success(self, obj: StockCount, result: CountScan) -> Any:
        words = {"item": full_name(result.line.variant), "count": result.counted_after}
        return _now("%(item)s: %(count)s counted.") % words

    def success_url(self, obj: StockCount, result: CountScan) -> str | None:
        return verb_url(obj, self.name)


class FinishCount(Verb):
    name = "finish"
    label = _("Finish counting")
    permission = "stock.count"
    form_class = FinishForm

    def is_available(self, actor: Actor, obj: StockCount) -> bool:
        return can_count(actor, obj, "finish")

    def explain(self, actor: Actor, obj: StockCount) -> list[Any]:
        left = list_uncounted(obj).count()
        text = ngettext(
            "%(count)s item that should lie here was not counted.",
            "%(count)s items that should lie here were not counted.",
            left,
        )
        return [
            _now("The differences are looked at first; stock does not change yet."),
            text % {"count": left},
        ]

    def perform(self, actor: Actor, obj: StockCount, data: dict[str, Any], key: str) -> Any:
        return finish_count(actor, count_id=obj.pk, rest_is_gone=data["rest_is_gone"], key=key)

    def success(self, obj: Any, result: StockCount) -> Any:
        return _now("Count %(number)s is finished. Look at the differences.") % {"number": result.number}


class ApproveCount(Verb):
    name = "approve"
    label = _("Approve and post")
    permission = "stock.count"
    submit_label = _("Post the differences")

    def is_available(self, actor: Actor, obj: StockCount) -> bool:
        if not can_count(actor, obj, "post"):
            return False
        return is_second_pair(actor, obj) or variance_of(obj).worth <= get_stock_rules().count_approval_above

    def explain(self, actor: Actor, obj: StockCount) -> list[Any]:
        found = variance_of(obj)
        text = ngettext("%(count)s item differs.", "%(count)s items differ.", found.lines)
        value = _now("Stock changes by %(units)s pieces.")
        if actor.may(SEES_COSTS):
            value = _now("Stock changes by %(units)s pieces, worth about %(value)s.")
        value %= {"units": f"{found.units:+d}", "value": format_amount(found.value)}
        return [text % {"count": found.lines}, value]

    def perform(self, actor: Actor, obj: StockCount, data: dict[str, Any], key: str) -> Any:
        return approve_count(actor, count_id=obj.pk, key=key)

    def success(self, obj: Any, result: StockCount) -> Any:
        return _now("Count %(number)s is posted.") % {"number": result.number}


class ReopenCount(Verb):
    name = "reopen"
    label = _("Go on counting")
    permission = "stock.count"

    def is_available(self, actor: Actor, obj: StockCount) -> bool:
        return can_count(actor, obj, "reopen")

    def explain(self, actor: Actor, obj: StockCount) -> list[Any]:
        return [_now("What was counted stays; items can be counted again.")]

    def perform(self, actor: Actor, obj: StockCount, data: dict[str, Any], key: str) -> Any:
        return reopen_count(actor, count_id=obj.pk, key=key)

    def success(self, obj: Any, result: StockCount) -> Any:
        return _now("Count %(number)s is open again.") % {"number": result.number}


class CancelCount(Verb):
    name = "cancel"
    label = _("Drop this count")
    permission = "stock.count"
    dangerous = True
    form_class = ReasonForm

    def is_available(self, actor: Actor, obj: StockCount) -> bool:
        return can_count(actor, obj, "cancel")

    def explain(self, actor: Actor, obj: StockCount) -> list[Any]:
        return [_now("Stock stays as it is. What was counted can still be read.")]

    def perform(self, actor: Actor, obj: StockCount, data: dict[str, Any], key: str) -> Any:
        return cancel_count(actor, count_id=obj.pk, reason=data["reason"], key=key)

    def success(self, obj: Any, result: StockCount) -> Any:
        return _now("Count %(number)s is dropped.") % {"number": result.number}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:warehouse_stockcount_changelist")
