"""Reordering: what runs out, how many to order, and the figures that say so."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.inventory.page_parts import full_name, variant_url
from apps.goods.purchasing import services
from apps.goods.purchasing.models import PurchaseOrder, Supplier
from apps.goods.purchasing.order_verbs import order_url
from apps.goods.purchasing.page_parts import day_text, money
from apps.goods.purchasing.policies import READ, WRITE
from apps.goods.purchasing.reordering import Proposal, list_figures, list_proposals
from apps.goods.purchasing.selectors import get_rules
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.backoffice import nav
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.verbs import Verb, verb_url
from apps.platform.businesses.selectors import get_current_business

QUIET_SHOWN = 50


class RateForm(forms.Form):
    rate = forms.DecimalField(max_digits=18, decimal_places=8)

    def __init__(self, supplier: Supplier, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        ours = get_current_business().currency
        if supplier.currency == ours:
            del self.fields["rate"]
            return
        pair = {"theirs": supplier.currency, "ours": ours}
        self.fields["rate"].label = _now("1 %(theirs)s in %(ours)s") % pair
        last = PurchaseOrder.objects.filter(supplier=supplier).order_by("-id").first()
        if last is not None:
            self.fields["rate"].help_text = _now("The last order had %(rate)s, of %(day)s.") % {
                "rate": f"{last.rate.normalize():f}",
                "day": day_text(last.rate_on),
            }


class DraftProposals(Verb):
    """On a supplier: what is proposed becomes a draft order."""

    name = "reorder"
    label = _("Draft what is proposed")
    submit_label = _("Write draft order")
    permission = WRITE

    def is_available(self, actor: Actor, obj: Supplier) -> bool:
        return obj.status == Supplier.Status.ACTIVE and bool(list_proposals(obj))

    def explain(self, actor: Actor, obj: Supplier) -> list[Any]:
        lines = [
            _now("%(count)s × %(item)s") % {"count": p.quantity, "item": full_name(p.item.variant)}
            for p in list_proposals(obj)[:20]
        ]
        return [*lines, _now("The draft can be changed before it is submitted.")]

    def get_form(self, actor: Actor, obj: Supplier, **kwargs: Any) -> Any:
        return RateForm(obj, **kwargs)

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.draft_proposals(actor, supplier_id=obj.pk, rate=data.get("rate"), key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Order %(number)s is a draft.") % {"number": result.number}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return order_url(result.pk)


@page("purchasing/reorder/", name="purchasing_reorder", title=_("Reordering"), permission=READ)
def show_reordering(request: HttpRequest) -> HttpResponse:
    """Proposals by supplier, each with a button; below what has no history to reckon with."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    figures = list_figures()
    proposed = sorted(
        (p for p in figures if p.quantity), key=lambda p: (p.item.supplier.name, str(p.item.supplier_id))
    )
    groups = [
        _group(list(found), actor) for _key, found in groupby(proposed, key=lambda p: p.item.supplier_id)
    ]
    silent = [p for p in figures if not p.demand.total]
    context = {
        "groups": groups,
        "rules": get_rules(),
        "silent": [full_name(p.item.variant) for p in silent[:QUIET_SHOWN]],
        "silent_more": max(0, len(silent) - QUIET_SHOWN),
        "enough": len(figures) - len(proposed) - len(silent),
        "has_items": bool(figures),
    }
    return render_page(request, "purchasing/reorder.html", context)


def _group(proposals: list[Proposal], actor: Actor) -> dict[str, Any]:
    supplier = proposals[0].item.supplier
    return {
        "supplier": supplier,
        "rows": [_row(p) for p in proposals],
        "total": format_amount(sum((p.cost for p in proposals), Decimal(0)), supplier.currency),
        "url": verb_url(supplier, DraftProposals.name),
        "may": actor.may(WRITE) and actor.may("suppliers.read"),
        "is_ours": supplier.currency == get_current_business().currency,
        "key": str(new_id()),
    }


def _row(p: Proposal) -> dict[str, Any]:
    weeks = len(p.demand.weeks)
    return {
        "name": full_name(p.item.variant),
        "url": variant_url(p.item.variant_id),
        "proposal": p,
        "mean": f"{p.demand.mean:.1f}",
        "deviation": f"{p.demand.deviation:.1f}",
        "cost": money(p.item.cost, p.item.supplier.currency),
        "why": ngettext(
            "%(total)s sold in %(weeks)s week, delivery takes %(days)s days",
            "%(total)s sold in %(weeks)s weeks, delivery takes %(days)s days",
            weeks,
        )
        % {"total": p.demand.total, "weeks": weeks, "days": p.item.days},
    }


nav.register(section="Purchasing", label=_("Reordering"), url="admin:purchasing_reorder", permission=READ,
             icon="autorenew", order=59)  # fmt: skip
