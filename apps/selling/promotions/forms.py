"""Forms of promotions. They read what was typed; the services decide about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models.functions import Upper
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_countries import countries as all_countries

from apps.goods.catalog.forms import AmountField, TagsField
from apps.goods.catalog.models import Brand, Collection, Product, Variant
from apps.goods.catalog.selectors import list_categories
from apps.platform.businesses.channels import Channel

from .drafts import PromotionDraft
from .models import Kind, Promotion
from .services.codes import MOST_GENERATED
from .words import channel_choices, weekday_names

MOST_SHOWN = 500
MOST_LINES = 500


class GoodsField(forms.CharField):
    """One line for each thing: the SKU of a variant, or the address of a product with all of its variants."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}))
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> dict[str, list[Any]]:
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(_now("At most %(most)s lines.") % {"most": MOST_LINES})
        by_slug = dict(Product.objects.filter(slug__in=lines).values_list("slug", "pk"))
        rest = [line.upper() for line in lines if line not in by_slug]
        skus = Variant.objects.annotate(upper_sku=Upper("sku")).filter(active=True, upper_sku__in=rest)
        by_sku = dict(skus.values_list("upper_sku", "pk"))
        unknown = [line for line in lines if line not in by_slug and line.upper() not in by_sku]
        if unknown:
            raise forms.ValidationError(
                _now("Nothing has the SKU or address “%(line)s”.") % {"line": unknown[0][:80]}
            )
        return {
            "products": [by_slug[line] for line in lines if line in by_slug],
            "variants": [by_sku[line.upper()] for line in lines if line not in by_slug],
        }


def lines_of_goods(products: Sequence[Any], variants: Sequence[Any]) -> str:
    """What `GoodsField` would read as these."""
    slugs = Product.objects.filter(pk__in=products).order_by("slug").values_list("slug", flat=True)
    skus = Variant.objects.filter(pk__in=variants).order_by("sku").values_list("sku", flat=True)
    return "\n".join([*(slugs if products else ()), *(skus if variants else ())])


def _brands() -> list[tuple[str, str]]:
    rows = Brand.objects.order_by("name", "pk").values_list("pk", "name")[:MOST_SHOWN]
    return [(str(pk), name) for pk, name in rows]


def _categories() -> list[tuple[str, str]]:
    return [(str(branch.pk), "\u2003" * branch.depth + branch.name) for branch in list_categories()]


def _collections() -> list[tuple[str, str]]:
    rows = Collection.objects.order_by("name", "pk")
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:MOST_SHOWN]]


def _several(label: Any, choices: Any, help_text: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, help_text=help_text,
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )  # fmt: skip


def _moment(label: Any, help_text: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget, help_text=help_text)


def _clock(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget)


def _count(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=1, max_value=1_000_000, help_text=help_text
    )


class PromotionForm(forms.Form):
    """All parts of a promotion; `groups` is how the page puts them together."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Buyers read it beside the discount."))
    kind = forms.ChoiceField(label=_("What it does"), choices=Kind.choices)
    value = AmountField(
        label=_("How much"),
        required=False,
        help_text=_(
            "Percent, an amount, or the price of the bundle. Free delivery: the most it takes off; empty for all."
        ),
    )
    each_piece = forms.BooleanField(label=_("For each piece, not once"), required=False)
    buy_quantity = _count(_("Pieces to buy"), _("Of a bundle: how many. Empty: one of each chosen thing."))
    get_quantity = _count(_("Pieces to get"))
    times_per_order = _count(_("Times within an order"), _("Empty: as often as the pieces suffice."))

    goods = GoodsField(
        label=_("Products"), help_text=_("One line for each: a SKU, or the address of a product.")
    )
    categories = _several(_("Categories"), _categories, _("With all that lies below."))
    collections = _several(
        _("Collections"), _collections, _("By hand, or by rules: then what they find at that moment.")
    )
    brands = _several(_("Brands"), _brands)
    gifts = GoodsField(
        label=_("What is got"), help_text=_("Leave empty when it is the same as what is bought.")
    )

    code = forms.CharField(
        label=_("Code for everybody"),
        max_length=40,
        required=False,
        help_text=_("Leave empty for a discount that applies by itself."),
    )
    needs_code = forms.BooleanField(
        label=_("Needs a code"),
        required=False,
        help_text=_("Tick this to generate single codes afterwards."),
    )
    minimum_amount = AmountField(label=_("Minimum spend"), required=False)
    minimum_quantity = _count(_("Minimum pieces"))
    customer_tags = TagsField(
        label=_("Customers with a tag"), required=False, help_text=_("Separated by commas.")
    )
    first_order_only = forms.BooleanField(label=_("On a first order only"), required=False)
    channels = forms.MultipleChoiceField(
        label=_("Only orders that come by"),
        choices=channel_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    countries = _several(_("Only deliveries to"), list(all_countries))

    starts_at = _moment(_("From"), _("In the time zone of the business."))
    ends_at = _moment(_("Until"))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Only on"),
        choices=lambda: [(str(day), weekday_names([day])) for day in range(1, 8)],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    from_time, to_time = _clock(_("From o'clock")), _clock(_("Until o'clock"))

    use_limit = _count(_("Uses in total"))
    per_customer_limit = _count(_("Uses per customer"))
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=0,
        max_value=1000,
        initial=100,
        help_text=_("Smaller numbers are looked at first."),
    )
    exclusive = forms.BooleanField(label=_("Not together with others"), required=False)
    group = forms.CharField(
        label=_("Group"),
        max_length=40,
        required=False,
        help_text=_("Of promotions with the same group only the first counts."),
    )

    groups = (
        (None, ("name", "kind", "value", "each_piece", "buy_quantity", "get_quantity", "times_per_order")),
        (_("Of what"), ("goods", "categories", "collections", "brands", "gifts")),
        (_("Code"), ("code", "needs_code")),
        (_("When"), ("starts_at", "ends_at", "weekdays", "from_time", "to_time")),
        (
            _("For whom"),
            (
                "minimum_amount",
                "minimum_quantity",
                "customer_tags",
                "first_order_only",
                "channels",
                "countries",
            ),
        ),
        (
            _("How often, and beside which others"),
            ("use_limit", "per_customer_limit", "priority", "exclusive", "group"),
        ),
    )

    def parts(self) -> list[tuple[Any, list[Any], bool]]:
        """Titles with their fields, and whether they are open: those with a value or an error are."""
        shown = []
        for title, names in self.groups:
            fields = [self[name] for name in names if name in self.fields]
            filled = any(field.errors or (field.value() and field.name != "priority") for field in fields)
            if fields:
                shown.append((title, fields, filled or title is None))
        return shown


class ChangeForm(PromotionForm):
    """Without the code: codes are added on the promotion's page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["code"]


def chosen_in(data: dict[str, Any]) -> dict[str, Any]:
    """What a cleaned form holds, by the names of `PromotionDraft`."""
    values = {name: data[name] for name in PromotionDraft.__dataclass_fields__ if name in data}
    values |= data["goods"]
    values |= {f"gift_{name}": keys for name, keys in data["gifts"].items()}
    return values


def initial_of(promotion: Promotion) -> dict[str, Any]:
    """The fields of `ChangeForm` for a promotion as it is."""
    values = {name: getattr(promotion, name) for name in PromotionDraft.__dataclass_fields__}
    for name in ("value", "minimum_amount"):
        if values[name] is not None:
            # 20.0000 is how it is stored, not how anybody writes it.
            text = f"{values[name]:f}".rstrip("0").rstrip(".")
            values[name] = text
    for name in ("categories", "collections", "brands", "weekdays"):
        values[name] = [str(key) for key in values[name]]
    values["goods"] = lines_of_goods(promotion.products, promotion.variants)
    values["gifts"] = lines_of_goods(promotion.gift_products, promotion.gift_variants)
    return values


class CodeForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("Letters, digits and dashes."))


class GenerateForm(forms.Form):
    count = forms.IntegerField(label=_("How many"), min_value=1, max_value=MOST_GENERATED, initial=100)
    prefix = forms.CharField(  # type: ignore[assignment]
        label=_("Beginning"),
        max_length=20,
        required=False,
        help_text=_("Such as SPRING, for SPRING-7KQ2M9XA."),
    )


class CopyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    code = forms.CharField(
        label=_("Code"), max_length=40, required=False, help_text=_("Every code belongs to one promotion.")
    )


class TesterForm(forms.Form):
    """A basket, somebody, a way and a moment."""

    items = forms.CharField(
        label=_("Basket"),
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "MUG-BLUE, 2", "spellcheck": "false"}),
        help_text=_("One line for each: SKU, number of pieces."),
    )
    codes = TagsField(label=_("Codes"), required=False, help_text=_("Separated by commas."))
    email = forms.EmailField(
        label=_("Customer"), required=False, help_text=_("The e-mail address; empty for a stranger.")
    )
    channel = forms.ChoiceField(
        label=_("Comes by"), choices=channel_choices, initial=Channel.STOREFRONT.value
    )
    country = forms.ChoiceField(label=_("Goes to"), required=False, choices=[("", "—"), *all_countries])
    shipping = AmountField(label=_("Delivery costs"), required=False)
    at = _moment(_("Moment"), _("Empty: now."))

    def clean_items(self) -> list[tuple[Variant, int]]:
        wanted: dict[str, int] = {}
        for line in self.cleaned_data["items"].splitlines()[:100]:
            sku, _comma, count = line.partition(",")
            if not sku.strip():
                continue
            count = count.strip() or "1"
            if not (count.isascii() and count.isdigit() and 1 <= int(count[:7]) <= 999):
                raise forms.ValidationError(_now("“%(line)s”: write 1 to 999 pieces.") % {"line": line[:60]})
            wanted[sku.strip().upper()] = wanted.get(sku.strip().upper(), 0) + int(count)
        rows = Variant.objects.annotate(upper_sku=Upper("sku")).filter(upper_sku__in=list(wanted))
        found: dict[str, Variant] = {row.upper_sku: row for row in rows.select_related("product")}
        for sku in wanted:
            if sku not in found:
                raise forms.ValidationError(_now("Nothing has the SKU “%(sku)s”.") % {"sku": sku[:60]})
        if not wanted:
            raise forms.ValidationError(_now("Put something into the basket."))
        return [(found[sku], count) for sku, count in wanted.items()]
