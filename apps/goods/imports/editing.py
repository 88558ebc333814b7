"""The grid of the bulk edit: what its cells and its rule mean. Works out before and after; writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.goods.catalog.drafts import checked_amount
from apps.goods.catalog.models import Category, Product, Variant
from apps.goods.catalog.services.products import checked_tags
from apps.goods.catalog.text import clean_text
from apps.goods.imports.exporting import category_paths, plain
from apps.goods.inventory.models import StockBalance
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.kernel.errors import InvalidInput
from apps.platform.businesses.selectors import get_default_location

MOST_VARIANTS = 2000
VARIANT_CELLS = ("price", "compare_at_price", "cost", "stock")
PRODUCT_CELLS = ("tags", "category", "brand", "status", "published")
LABELS = {
    "price": gettext_lazy("Price"), "compare_at_price": gettext_lazy("Price before"), "cost": gettext_lazy("Cost"),
    "stock": gettext_lazy("Stock"), "tags": gettext_lazy("Tags"), "category": gettext_lazy("Category"),
    "brand": gettext_lazy("Brand"), "status": gettext_lazy("Status"), "published": gettext_lazy("In the store"),
}  # fmt: skip
RULES = {
    "": gettext_lazy("No rule: only what is typed into the cells"),
    "price_percent": gettext_lazy("Change prices by a percentage (5 or -5)"),
    "price_set": gettext_lazy("Set prices to an amount"),
    "sale_percent": gettext_lazy("Reduce by a percentage and show the price before"),
    "compare_clear": gettext_lazy("Take the prices before away"),
    "cost_percent": gettext_lazy("Change costs by a percentage"),
    "stock_set": gettext_lazy("Set the stock to a number"),
    "stock_by": gettext_lazy("Change the stock by a number"),
    "tag_add": gettext_lazy("Add a tag"),
    "tag_remove": gettext_lazy("Take a tag away"),
    "category_set": gettext_lazy("Set the category (Clothing > Shirts)"),
    "brand_set": gettext_lazy("Set the brand"),
    "status_set": gettext_lazy("Set the status (draft, active or archived)"),
    "published_set": gettext_lazy("Show in the store (yes or no)"),
}
ROUNDINGS = {
    "": gettext_lazy("to the cent"),
    "0.99": gettext_lazy("up to .99"),
    "0.95": gettext_lazy("up to .95"),
    "0.50": gettext_lazy("up to .50"),
    "1": gettext_lazy("to whole amounts"),
    "0.05": gettext_lazy("to five cents"),
}
_WITHOUT_VALUE = {"", "compare_clear"}
_YES, _NO = {"yes", "true", "1"}, {"no", "false", "0"}


@dataclass(slots=True)
class Edit:
    """One thing with the fields that are to change: before and after, as the services take them."""

    kind: str
    target_id: UUID
    product: Product
    label: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


class Grid:
    """The rows of products with what stands in their cells, in six queries."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.products = list(products)
        self.paths = category_paths()
        self.by_path = {path.casefold(): pk for pk, path in self.paths.items()}
        names: dict[str, list[UUID]] = {}
        for row in Category.objects.all():
            names.setdefault(row.name.casefold(), []).append(row.pk)
        # A name alone is enough where only one branch has it.
        self.by_path = {name: ids[0] for name, ids in names.items() if len(ids) == 1} | self.by_path
        self.variants: dict[UUID, list[Variant]] = {product.pk: [] for product in self.products}
        rows = Variant.objects.filter(product__in=self.products, active=True).order_by("position", "id")
        for variant in rows:
            self.variants[variant.product_id].append(variant)
        self.place = get_default_location()
        balances = StockBalance.objects.filter(variant__product__in=self.products, location=self.place)
        self.on_hand = dict(balances.values_list("variant_id", "on_hand"))

    def product_cells(self, product: Product) -> dict[str, str]:
        path = self.paths.get(product.category_id, "") if product.category_id else ""
        return {
            "tags": ", ".join(product.tags), "category": path, "brand": product.vendor_name,
            "status": product.status, "published": "yes" if product.published else "no",
        }  # fmt: skip

    def variant_cells(self, variant: Variant) -> dict[str, str]:
        stock = str(self.on_hand.get(variant.pk, 0)) if variant.track_stock else ""
        amounts = {name: plain(getattr(variant, name)) for name in ("price", "compare_at_price", "cost")}
        return {**amounts, "stock": stock}


@dataclass(frozen=True, slots=True)
class Rule:
    """What is to happen to all chosen rows."""

    name: str = ""
    value: str = ""
    rounding: str = ""


class Editor:
    """Gathers edits from typed cells and from a rule. Problems are kept with the row they belong to."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.problems: list[str] = []
        self.edits: dict[UUID, Edit] = {}

    def type_product(self, product: Product, cells: Mapping[str, str]) -> None:
        """Cells that somebody typed over, by name."""
        for name, text in cells.items():
            self._try(product.title, lambda name=name, text=text: self._set_product(product, name, text))  # type: ignore[misc]

    def type_variant(self, product: Product, variant: Variant, cells: Mapping[str, str]) -> None:
        for name, text in cells.items():
            self._try(
                self._name(product, variant),
                lambda name=name, text=text: self._set_variant(product, variant, name, text),  # type: ignore[misc]
            )

    def apply(self, rule: Rule, products: Sequence[Product]) -> None:
        """The rule for all of these products and their variants."""
        if rule.name not in RULES or rule.rounding not in ROUNDINGS:
            raise InvalidInput(fields={"rule": [_("Choose one of the rules.")]})
        if rule.name not in _WITHOUT_VALUE and not rule.value.strip():
            raise InvalidInput(fields={"value": [_("This rule needs a value.")]})
        if not rule.name:
            return
        for product in products:
            if rule.name in (
                "tag_add",
                "tag_remove",
                "category_set",
                "brand_set",
                "status_set",
                "published_set",
            ):
                self._try(product.title, lambda product=product: self._rule_of_product(rule, product))  # type: ignore[misc]
                continue
            for variant in self.grid.variants[product.pk]:
                self._try(
                    self._name(product, variant),
                    lambda product=product, variant=variant: self._rule_of_variant(rule, product, variant),  # type: ignore[misc]
                )

    def _try(self, label: str, do: Callable[[], None]) -> None:
        try:
            do()
        except InvalidInput as error:
            words = " ".join(str(text) for texts in error.fields.values() for text in texts) or str(
                error.message
            )
            self.problems.append(f"{label}: {words}")

    def _rule_of_product(self, rule: Rule, product: Product) -> None:
        value = rule.value.strip()
        if rule.name in ("tag_add", "tag_remove"):
            edit = self.edits.get(product.pk)
            tags = list(edit.after.get("tags", product.tags) if edit else product.tags)
            given = [tag for tag in checked_tags(value.split(",")) if tag]
            kept = [tag for tag in tags if tag not in given]
            self._note_product(
                product, "tags", checked_tags([*tags, *given]) if rule.name == "tag_add" else kept
            )
            return
        self._set_product(product, rule.name.removesuffix("_set"), value)

    def _rule_of_variant(self, rule: Rule, product: Product, variant: Variant) -> None:
        value = rule.value.strip()
        if rule.name == "compare_clear":
            self._note_variant(product, variant, "compare_at_price", None)
        elif rule.name == "price_set":
            self._set_variant(product, variant, "price", value)
        elif rule.name in ("price_percent", "sale_percent"):
            percent = _percent(value) if rule.name == "price_percent" else -abs(_percent(value))
            if rule.name == "sale_percent":
                # The price before is the highest that was asked, also when it is reduced twice.
                before = max(variant.price, variant.compare_at_price or variant.price)
                self._note_variant(product, variant, "compare_at_price", before)
            self._note_variant(
                product, variant, "price", changed_amount(variant.price, percent, rule.rounding)
            )
        elif rule.name == "cost_percent" and variant.cost is not None:
            self._note_variant(
                product, variant, "cost", changed_amount(variant.cost, _percent(value), rule.rounding)
            )
        elif rule.name == "stock_set" and variant.track_stock:
            self._set_variant(product, variant, "stock", value)
        elif rule.name == "stock_by" and variant.track_stock:
            number = self.grid.on_hand.get(variant.pk, 0) + _whole(value, negative=True)
            self._set_variant(product, variant, "stock", str(number))

    def _set_product(self, product: Product, name: str, text: str) -> None:
        value = text.strip()
        if name == "tags":
            self._note_product(product, "tags", checked_tags(value.split(",")))
        elif name == "brand":
            self._note_product(product, "vendor_name", clean_text(value, "brand", 255))
        elif name == "category":
            category_id = self.grid.by_path.get(" > ".join(p.strip() for p in value.split(">")).casefold())
            if value and category_id is None:
                raise InvalidInput(_("There is no category “%(name)s”.") % {"name": value[:80]})
            self._note_product(product, "category_id", category_id)
        elif name == "status":
            if value.casefold() not in Product.Status.values:
                raise InvalidInput(_("Use active, draft or archived."))
            self._note_product(product, "status", value.casefold())
        elif name == "published":
            if value.casefold() not in _YES | _NO:
                raise InvalidInput(_("Use yes or no."))
            self._note_product(product, "published", value.casefold() in _YES)

    def _set_variant(self, product: Product, variant: Variant, name: str, text: str) -> None:
        value = text.strip()
        if name == "stock":
            if not variant.track_stock:
                raise InvalidInput(_("The stock of this item is not counted."))
            self._note_variant(product, variant, "stock", _whole(value))
            return
        if not value and name == "price":
            raise InvalidInput(_("Enter a price."))
        amount = checked_amount(_amount(value), name, required=name == "price") if value else None
        self._note_variant(product, variant, name, amount)

    def _note_product(self, product: Product, name: str, value: Any) -> None:
        before = getattr(product, name)
        same = before.upper() == value.upper() if name == "vendor_name" else before == value
        self._note("product", product.pk, product, product.title, name, before, value, same)

    def _note_variant(self, product: Product, variant: Variant, name: str, value: Any) -> None:
        before = self.grid.on_hand.get(variant.pk, 0) if name == "stock" else getattr(variant, name)
        self._note(
            "variant", variant.pk, product, self._name(product, variant), name, before, value, before == value
        )

    def _note(
        self,
        kind: str,
        target_id: UUID,
        product: Product,
        label: str,
        name: str,
        before: Any,
        value: Any,
        same: bool,
    ) -> None:
        edit = self.edits.setdefault(target_id, Edit(kind, target_id, product, label))
        if same:
            edit.before.pop(name, None)
            edit.after.pop(name, None)
        else:
            edit.before[name], edit.after[name] = before, value

    def _name(self, product: Product, variant: Variant) -> str:
        return f"{product.title} – {variant.title}" if variant.title else product.title

    def found(self) -> list[Edit]:
        """The edits that change something."""
        return [edit for edit in self.edits.values() if edit.after]


def changed_amount(amount: Decimal, percent: Decimal, rounding: str) -> Decimal:
    """`amount` more by `percent`, rounded: to `.99` and the like always up, to steps half up. Never below zero."""
    new = max(Decimal(0), amount * (100 + percent) / 100)
    if rounding in ("0.99", "0.95", "0.50"):
        ending = Decimal(rounding)
        return (new - ending).to_integral_value(ROUND_CEILING) + ending if new else new
    step = Decimal(rounding or "0.01")
    return (new / step).to_integral_value(ROUND_HALF_UP) * step


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except InvalidOperation:
        raise InvalidInput(_("Enter an amount such as 12.50, without a currency sign.")) from None


def _percent(text: str) -> Decimal:
    percent = _amount(text.rstrip("% "))
    if not percent.is_finite() or not -100 <= percent <= 1000:
        raise InvalidInput(_("Enter a percentage from -100 to 1000."))
    return percent


def _whole(text: str, *, negative: bool = False) -> int:
    digits = text[1:] if negative and text[:1] in "+-" else text
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 8 or int(digits) > LARGEST_QUANTITY:
        raise InvalidInput(_("Enter a whole number from 0 to %(most)s.") % {"most": f"{LARGEST_QUANTITY:,}"})
    return int(text)
