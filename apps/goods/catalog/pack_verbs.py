"""What staff do with a variant's unit, quantities and packs, and what its page says of them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog import services
from apps.goods.catalog.amounts import rule_of
from apps.goods.catalog.models import Pack, Variant
from apps.goods.catalog.pack_forms import MeasuresForm, PacksForm
from apps.goods.catalog.packs import price_of_pack
from apps.goods.catalog.units import PIECE, UNITS, amount_words, quantity_words
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.detail import Section, tells_of
from apps.platform.backoffice.verbs import Verb


class SetMeasures(Verb):
    name = "measures"
    label = _("Unit and quantities")
    permission = "products.change"
    form_class = MeasuresForm
    submit_label = _("Save")
    writes_back = True

    def is_available(self, actor: Actor, obj: Variant) -> bool:
        return obj.active

    def initial(self, actor: Actor, obj: Variant) -> dict[str, Any]:
        values = {name: getattr(obj, name) for name in MeasuresForm.base_fields}
        amount = values["content_amount"]
        return {**values, "content_amount": f"{amount.normalize():f}" if amount is not None else None}

    def perform(self, actor: Actor, obj: Variant, data: dict[str, Any], key: str) -> Any:
        return services.update_variant(actor, variant_id=obj.pk, **data)


class SetPacks(Verb):
    name = "packs"
    label = _("Packs")
    permission = "products.change"
    template_name = "catalog/packs.html"
    submit_label = _("Save packs")
    writes_back = True

    def is_available(self, actor: Actor, obj: Variant) -> bool:
        return obj.active and not obj.is_kit

    def explain(self, actor: Actor, obj: Variant) -> list[Any]:
        return [
            _now(
                "A pack is so many of this variant under a name, such as a case of 12. It has no stock of its own."
            ),
            _now(
                "Its barcode counts all that is in it wherever somebody scans. Empty a name to take a pack off."
            ),
            _now("Without a price of its own it costs as many times the price of one."),
        ]

    def get_form(self, actor: Actor, obj: Variant, **kwargs: Any) -> Any:
        packs = list(Pack.objects.filter(variant=obj, active=True).order_by("position", "pk"))
        kwargs.pop("initial", None)
        self.form = PacksForm(
            packs, unit=UNITS[obj.unit].sign, with_prices=actor.may("products.price"), **kwargs
        )
        return self.form

    def context(self, actor: Actor, obj: Variant, form: Any) -> dict[str, Any]:
        if not isinstance(form, PacksForm):
            return {}
        return {"rows": form.rows()}

    def perform(self, actor: Actor, obj: Variant, data: dict[str, Any], key: str) -> Any:
        try:
            return services.set_packs(actor, variant_id=obj.pk, packs=self.form.drafts())
        except DomainError as error:
            # The service names a pack by its place among those that were sent, the page by its row.
            error.fields = {
                self.form.field_of(path) if path.startswith("packs.") else path: words
                for path, words in error.fields.items()
            }
            raise

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The packs were saved.")


VARIANT_VERBS = [SetMeasures, SetPacks]


@tells_of(Variant)
def packs_of(actor: Actor, variant: Variant) -> list[Section]:
    """Unit, contents and rule where they are not the plain ones; the packs."""
    if not actor.may("products.read"):
        return []
    return [*_measures(variant), *_packs(variant)]


def _measures(variant: Variant) -> list[Section]:
    said = []
    if variant.unit != PIECE:
        shown = UNITS[variant.shown_unit or variant.unit].name
        said.append(
            [
                _("Kept in"),
                _now("%(unit)s, shown in %(shown)s") % {"unit": UNITS[variant.unit].name, "shown": shown},
            ]
        )
    if variant.content_amount is not None:
        said.append([_("Contents of one"), amount_words(variant.content_amount, variant.content_unit)])
    if variant.order_min is not None:
        said.append([_("Quantities"), rule_of(variant).words or _("Any number")])
    return [Section(_("Unit and quantities"), columns=[_("What"), _("Is")], rows=said)] if said else []


def _packs(variant: Variant) -> list[Section]:
    packs = list(Pack.objects.filter(variant=variant, active=True).order_by("position", "pk"))
    if not packs:
        return []
    rows = [
        [
            pack.name,
            quantity_words(pack.quantity, variant.unit, variant.shown_unit),
            pack.barcode or "–",
            pack.sku or "–",
            format_amount(price_of_pack(pack, variant)),
            ", ".join(str(word) for word in _uses(pack)) or "–",
        ]
        for pack in packs
    ]
    columns = [_("Pack"), _("Holds"), _("Barcode"), _("SKU"), _("Price"), _("Used for")]
    return [Section(_("Packs"), columns=columns, rows=rows, align={1: "end", 4: "end"})]


def _uses(pack: Pack) -> list[Any]:
    return [
        *([_("store")] if pack.sold else []),
        *([_("purchasing")] if pack.for_purchasing else []),
    ]
