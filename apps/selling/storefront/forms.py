"""The checkout form. Lengths are those of an order's columns, so nothing that passes here can fail there."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from apps.people.customers.addresses import NEEDS_POSTCODE
from apps.selling.orders.drafts import Address, Contact

_PHONE = RegexValidator(r"^[0-9+() ./-]{5,32}$", _("Use digits, such as +44 20 7946 0018."))
_AUTOCOMPLETE = {
    "email": "email", "phone": "tel", "name": "name", "line1": "address-line1", "line2": "address-line2",
    "city": "address-level2", "region": "address-level1", "postcode": "postal-code", "country": "country",
}  # fmt: skip


class _CountrySelect(forms.Select):
    """Django's select writes each option by a template of its own: two hundred and fifty took most of a page."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        given = flatatt({**self.build_attrs(self.attrs, attrs), "name": name})
        options = _country_options(get_language() or "", str(value or "")[:2])
        return format_html("<select{}>{}</select>", given, options)


@functools.lru_cache(maxsize=1024)
def _country_options(language: str, chosen: str) -> SafeString:
    rows = ((code, " selected" if code == chosen else "", name) for code, name in _country_choices(language))
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)


def is_country(code: str) -> bool:
    """Whether there is a country of this code."""
    return bool(code) and bool(countries.name(code))


def country_select(name: str, chosen: str, **attrs: str) -> SafeString:
    """The choice of a country as checkout has it, for a form of one's own."""
    return _CountrySelect(attrs={"class": "input", **attrs}).render(name, chosen)


class CheckoutForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("For the confirmation and the link to follow your order."),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an address such as name@example.com."),
        },
    )
    phone = forms.CharField(
        label=_("Phone (optional)"), max_length=32, required=False, validators=[_PHONE],
        help_text=_("Only if the carrier has a question."),
    )  # fmt: skip
    country = forms.ChoiceField(
        label=_("Country"),
        widget=_CountrySelect,
        error_messages={
            "required": _("Choose a country."),
            "invalid_choice": _("Choose a country from the list."),
        },
    )
    name = forms.CharField(
        label=_("Full name"), max_length=120, error_messages={"required": _("Enter the name on the parcel.")}
    )
    line1 = forms.CharField(
        label=_("Street and number"),
        max_length=120,
        error_messages={"required": _("Enter the street and number.")},
    )
    line2 = forms.CharField(label=_("Flat, building (optional)"), max_length=120, required=False)
    city = forms.CharField(
        label=_("Town or city"), max_length=80, error_messages={"required": _("Enter the town or city.")}
    )
    region = forms.CharField(label=_("State or region (optional)"), max_length=80, required=False)
    postcode = forms.CharField(label=_("Postcode (optional)"), max_length=20, required=False)
    rate = forms.UUIDField(
        required=False, error_messages={"invalid": _("Choose a delivery method from the list.")}
    )
    provider = forms.CharField(required=False, max_length=32)
    po_number = forms.CharField(label=_("Your order number"), max_length=60, required=False)
    reminder = forms.CharField(required=False, max_length=3)
    # That shops which can deliver do so without one that cannot; asked where a cart has several.
    partial = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)  # noqa: S101
        country.choices = _country_choices(get_language() or "")
        for name, field in self.fields.items():
            attrs = {"class": "input", "autocomplete": _AUTOCOMPLETE.get(name, "off")}
            if field.required:
                attrs["aria-required"] = "true"
            field.widget.attrs.update(attrs)
        chosen = (self.data if self.is_bound else self.initial).get("country", "")
        if chosen in NEEDS_POSTCODE:
            self.fields["postcode"].label = gettext("Postcode")
        self.fields["phone"].widget.input_type = "tel"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_needed = cleaned.get("country") in NEEDS_POSTCODE
        if is_needed and not cleaned.get("postcode") and "postcode" not in self.errors:
            self.add_error("postcode", gettext("Enter the postcode."))
        return cleaned

    def contact(self) -> Contact:
        data = self.cleaned_data
        return Contact(email=data["email"], phone=data["phone"], name=data["name"])

    def address(self) -> Address:
        data = self.cleaned_data
        parts = ("name", "line1", "line2", "city", "region", "postcode", "country")
        return Address(**{part: data[part] for part in parts})


@functools.lru_cache(maxsize=64)
def _country_choices(_language: str) -> _Countries:
    """All countries by name in the language that is on: worked out once for each language."""
    return _Countries([("", gettext("Choose a country")), *((code, str(name)) for code, name in countries)])


class _Countries(BaseChoiceIterator):
    """Choices that are in order already: Django would copy and check two hundred and fifty for each form."""

    def __init__(self, choices: list[tuple[str, str]]) -> None:
        self._choices = choices

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._choices)


class QuantityForm(forms.Form):
    """How many, from a product page or a cart line."""

    quantity = forms.IntegerField(
        min_value=1,
        max_value=999,
        error_messages={
            "required": _("Enter how many you want."),
            "invalid": _("Enter a whole number of pieces."),
            "min_value": _("Choose at least one piece."),
            "max_value": _("At most 999 pieces can be ordered at once. Write to the shop for more."),
        },
    )


class CartQuantityForm(forms.Form):
    """A cart line's new quantity; 0 takes it out. `step` is the plus or minus button: how many more or fewer."""

    quantity = forms.IntegerField(
        min_value=0,
        max_value=999,
        error_messages={
            "required": _("Enter how many you want."),
            "invalid": _("Enter a whole number of pieces. The cart is unchanged."),
            "min_value": _("A quantity cannot be negative. The cart is unchanged."),
            "max_value": _("At most 999 pieces can be ordered at once. The cart is unchanged."),
        },
    )
    step = forms.IntegerField(min_value=-999, max_value=999, required=False)

    def wanted(self) -> int:
        return min(999, max(0, self.cleaned_data["quantity"] + (self.cleaned_data["step"] or 0)))
