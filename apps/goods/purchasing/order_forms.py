"""Forms of purchase orders."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.forms import AmountField
from apps.goods.inventory.codes import find_goods
from apps.goods.purchasing.drafts import LineDraft, OrderDraft
from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder, Supplier
from apps.goods.purchasing.selectors import find_variants, list_active_suppliers, usual_packs
from apps.goods.purchasing.supplier_forms import (
    decimal_number,
    read_each,
    split_lines,
    unknown_code,
    whole_number,
)
from apps.kernel.actors import Actor
from apps.platform.businesses.selectors import get_current_business, list_locations

DAY = {"type": "date"}
# `5x12`, or so many of the pack that is ordered from suppliers: `5 packs`.
_PACKS = re.compile(
    r"(?P<count>\d{1,7})\s*(?:[x×]\s*(?P<size>\d{1,7})|packs?|cases?|boxes|box)", re.ASCII | re.I
)


class PlaceField(forms.TypedChoiceField):
    """One of the locations where the actor works."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=UUID, **kwargs)

    def offer(self, actor: Actor) -> None:
        """Fill the choices for this actor, the default location first."""
        places = [p for p in list_locations() if actor.location_ids is None or p.pk in actor.location_ids]
        self.choices = [(str(place.pk), place.name) for place in places]
        if places:
            self.initial = str(next((p for p in places if p.is_default), places[0]).pk)


class SupplierChoiceForm(forms.Form):
    """From whom; the items follow on the next page."""

    supplier_id = forms.TypedChoiceField(label=_("Supplier"), coerce=UUID)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        rows = list_active_suppliers()[:500]
        self.fields["supplier_id"].choices = [(str(row.pk), f"{row.name} ({row.currency})") for row in rows]  # type: ignore[attr-defined]


class OrderForm(forms.Form):
    """What is ordered, when it is wanted, and what the supplier's money is worth."""

    location_id = PlaceField(label=_("Deliver to"))
    expected_on = forms.DateField(label=_("Expected on"), required=False, widget=forms.DateInput(attrs=DAY))
    lines = forms.CharField(
        label=_("Items"),
        widget=forms.Textarea(attrs={"rows": 10, "placeholder": "SH-S, 12, 8.50\nSH-M, 6"}),
        help_text=_(
            "One line for each item: SKU, supplier's SKU or barcode, quantity, unit cost, tax in %. Without cost and "
            "tax the supplier's are taken. In packs: 5x12, 5 packs, or the code of a pack; the cost is then a pack's."
        ),
    )
    rate = forms.DecimalField(label=_("Rate"), required=False, max_digits=18, decimal_places=8)
    rate_on = forms.DateField(
        label=_("Rate of"), required=False, widget=forms.DateInput(attrs=DAY), help_text=_("Empty: today.")
    )
    note = forms.CharField(
        label=_("Note to the supplier"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, actor: Actor, supplier: Supplier, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supplier = supplier
        self.fields["location_id"].offer(actor)  # type: ignore[attr-defined]
        ours = get_current_business().currency
        if supplier.currency == ours:
            del self.fields["rate"], self.fields["rate_on"]
        else:
            pair = {"theirs": supplier.currency, "ours": ours}
            self.fields["rate"].required = True
            self.fields["rate"].label = _now("1 %(theirs)s in %(ours)s") % pair
            self.fields["rate"].help_text = _now("It stays on the order, whatever the rate does later.")

    def clean_lines(self) -> list[LineDraft]:
        parts = split_lines(self.cleaned_data["lines"])
        known = find_variants([part[0] for part in parts], self.supplier)
        by_pack = find_goods(part[0] for part in parts if part[0].upper() not in known)
        usual = usual_packs(variant.pk for variant in known.values())

        def read(part: list[str]) -> LineDraft:
            goods = by_pack.get(part[0].upper())
            variant = known.get(part[0].upper()) or (goods.variant if goods else None)
            if variant is None:
                raise unknown_code(part[0])
            if len(part) < 2 or not part[1]:
                raise forms.ValidationError(_now("write the quantity after the SKU."))
            pack = goods.pack if goods else None
            count, size = part[1], 1
            if pack is None and (typed := _PACKS.fullmatch(part[1])):
                count, size = typed["count"], int(typed["size"] or 1)
                pack = usual.get(variant.pk) if not typed["size"] else None
                if pack is None and not typed["size"]:
                    raise forms.ValidationError(_now("no pack of it is ordered from suppliers; write 5x12."))
            in_packs = pack is not None or size > 1
            tax = decimal_number(part[3].removesuffix("%")) / 100 if len(part) > 3 and part[3] else None
            cost = decimal_number(part[2]) if len(part) > 2 and part[2] else None
            return LineDraft(
                variant_id=variant.pk,
                quantity=whole_number(count),
                unit_cost=None if in_packs else cost,
                pack_id=pack.pk if pack else None,
                pack_size=size,
                pack_cost=cost if in_packs else None,
                tax_rate=tax,
            )

        return read_each(parts, read)

    def draft(self) -> OrderDraft:
        """What was typed, for the service."""
        data = self.cleaned_data
        return OrderDraft(
            lines=data["lines"],
            location_id=data["location_id"],
            expected_on=data["expected_on"],
            rate=data.get("rate"),
            rate_on=data.get("rate_on"),
            note=data["note"],
        )


def typed_order(order: PurchaseOrder) -> dict[str, Any]:
    """The order as somebody would type it into `OrderForm`."""
    lines = order.lines(manager="objects").select_related("variant").order_by("position")
    return {
        "location_id": str(order.location_id),
        "expected_on": order.expected_on,
        "lines": "\n".join(
            f"{line.sku or line.variant.barcode or line.variant_id}, {_typed_quantity(line)}, "
            f"{(line.unit_cost if line.pack_cost is None else line.pack_cost).normalize():f}, "
            f"{(line.tax_rate * 100).normalize():f}"
            for line in lines
        ),
        "rate": order.rate.normalize(),
        "rate_on": order.rate_on,
        "note": order.note,
    }


def _typed_quantity(line: PurchaseLine) -> str:
    if line.pack_cost is None:
        return str(line.quantity)
    return f"{line.quantity // line.pack_quantity}x{line.pack_quantity}"


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=500)


class OptionalReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=500, required=False)


class SendForm(forms.Form):
    """To whom the mail goes; nobody, when somebody has told the supplier otherwise."""

    email = forms.ChoiceField(label=_("Send to"), required=False)
    message = forms.CharField(
        label=_("A word in the mail"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, supplier: Supplier, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        people = (
            supplier.contacts(manager="objects").exclude(email="").order_by("-takes_orders", "name", "id")
        )
        choices = [(person.email, f"{person.name}, {person.email}") for person in people]
        # Left to itself the browser would choose nobody: the empty value is what nothing chosen means.
        self.fields["email"].initial = choices[0][0] if choices else ""
        self.fields["email"].choices = [*choices, ("", _now("Nobody: I have told them otherwise"))]  # type: ignore[attr-defined]


class RulesForm(forms.Form):
    approval_limit = AmountField(
        label=_("Approval limit"),
        help_text=_("Net, in your currency. Orders above it are approved by who may approve any amount."),
    )
    over_receipt_percent = forms.DecimalField(
        label=_("More than ordered, in %"), min_value=Decimal(0), max_value=Decimal(100), decimal_places=2,
        help_text=_("So much more of a line is accepted. Orders approved already keep what held then."),
    )  # fmt: skip
    demand_weeks = forms.IntegerField(label=_("Weeks of sales looked at"), min_value=1, max_value=104)
    cover_weeks = forms.IntegerField(label=_("Weeks an order shall last"), min_value=1, max_value=104)
    service_factor = forms.DecimalField(
        label=_("Safety factor"), min_value=Decimal(0), max_value=Decimal(4), decimal_places=2,
        help_text=_("1.65 means: in 95 of 100 waits for a delivery the stock lasts."),
    )  # fmt: skip
