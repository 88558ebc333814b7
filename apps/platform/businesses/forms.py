"""Forms of signing up, joining and the settings."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from babel.core import get_global
from babel.numbers import get_currency_name, list_currencies
from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from apps.platform.businesses.models import Business

_HUNDRED = Decimal(100)
# Countries with several zones, where the first by name is not where most people live.
_CAPITAL_ZONES = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CL": "America/Santiago",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "MX": "America/Mexico_City",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "US": "America/New_York",
}


@lru_cache(maxsize=8)
def currency_choices(locale: str = "en") -> list[tuple[str, str]]:
    """Currencies in use, by name; the code is shown because names repeat."""
    common = ["GBP", "EUR", "USD", "NGN", "INR", "KES", "ZAR", "CAD", "AUD", "JPY"]
    rest = sorted(
        (
            code
            for code in list_currencies()
            if code not in common and not get_currency_name(code, locale=locale).endswith(")")
        ),
        key=lambda code: get_currency_name(code, locale=locale),
    )
    return [(code, f"{code} – {get_currency_name(code, locale=locale)}") for code in [*common, *rest]]


@lru_cache(maxsize=1)
def time_zone_choices() -> list[tuple[str, str]]:
    """Places by their IANA names."""
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


def usual_time_zone(country: str) -> str:
    """The zone most people of a country live in, as far as the tables name one; else UTC."""
    if country in _CAPITAL_ZONES:
        return _CAPITAL_ZONES[country]
    zones = (zone for zone, territory in get_global("zone_territories").items() if territory == country)
    return next((zone for zone in zones if zone in available_timezones()), "UTC")


class PercentField(forms.DecimalField):
    """A rate that people type as a percentage and the product keeps as a fraction."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_value=Decimal(0), max_value=Decimal("99.99"), max_digits=4, decimal_places=2, **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            shown = (value * _HUNDRED).normalize()
            return f"{shown:f}"
        return value

    def clean(self, value: Any) -> Any:
        percent = super().clean(value)
        return percent / _HUNDRED if percent is not None else Decimal(0)


class SignUpForm(forms.Form):
    """A person and a business in one go."""

    display_name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password1 = forms.CharField(
        label=_("Password"),
        help_text=_("At least ten characters."),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"}),
    )
    business_name = forms.CharField(
        label=_("Name of the business"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    country = forms.ChoiceField(label=_("Country"), choices=lambda: [("", _("Choose a country")), *countries])
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=lambda: [("", _("Choose a currency")), *currency_choices()],
        help_text=_("Cannot be changed later."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [("", _("The country's usual one")), *time_zone_choices()[1:]],
    )
    tax_inclusive = forms.TypedChoiceField(
        label=_("Prices"),
        choices=[("yes", _("Include tax")), ("no", _("Tax is added at checkout"))],
        coerce=lambda value: value == "yes",
        initial="yes",
        widget=forms.RadioSelect,
    )
    tax_name = forms.CharField(label=_("Name of the tax"), max_length=32, initial="VAT")
    tax_rate = PercentField(label=_("Standard tax rate, per cent"), initial=Decimal("0.2"))

    personal = ("display_name", "email", "password1")

    def __init__(self, *args: Any, is_signed_in: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_signed_in:
            for name in self.personal:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("country") and not cleaned.get("time_zone"):
            cleaned["time_zone"] = usual_time_zone(cleaned["country"])
        return cleaned


class JoinForm(forms.Form):
    """A name and the first password of an invited person."""

    display_name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password1 = forms.CharField(
        label=_("Choose a password"),
        help_text=_("At least ten characters."),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"}),
    )


class SettingsForm(forms.Form):
    """The settings of a business, few first."""

    name = forms.CharField(label=_("Name"), max_length=120)
    slug = forms.SlugField(
        label=_("Store address"), max_length=63, help_text=_("The last part of the store's link.")
    )
    trade = forms.ChoiceField(
        label=_("What the business does"),
        choices=Business.Trade.choices,
        help_text=_("A business that only buys has no store."),
    )
    email = forms.EmailField(label=_("E-mail for customers"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False)
    line1 = forms.CharField(label=_("Street"), max_length=120, required=False)
    line2 = forms.CharField(label=_("Second line"), max_length=120, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=80, required=False)
    region = forms.CharField(label=_("Region"), max_length=80, required=False)
    country = forms.ChoiceField(label=_("Country"), choices=lambda: list(countries))
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zone_choices)
    tax_inclusive = forms.BooleanField(
        label=_("Prices include tax"),
        required=False,
        help_text=_("Holds for new orders; placed ones keep their prices."),
    )
    tax_name = forms.CharField(label=_("Name of the tax"), max_length=32)
    tax_rate = PercentField(label=_("Standard tax rate, per cent"))
    tax_number = forms.CharField(label=_("Tax number"), max_length=40, required=False)
    tax_rounding = forms.ChoiceField(
        label=_("Tax is rounded"),
        choices=[("line", _("on each line")), ("document", _("once a document"))],
        help_text=_("Some countries ask for one or the other; the totals may differ by a cent."),
    )
    tax_by_origin = forms.BooleanField(
        label=_("Tax by our own address"),
        required=False,
        help_text=_("With tax zones: the taxes of where we are, not of where goods are delivered to."),
    )
    order_prefix = forms.CharField(
        label=_("Order number prefix"),
        max_length=8,
        required=False,
        help_text=_("Before new numbers."),
    )
    unpaid_minutes = forms.IntegerField(
        label=_("Minutes an unpaid order keeps its stock"), min_value=5, max_value=60 * 24 * 30
    )
    orders_closed = forms.BooleanField(
        label=_("Take no orders right now"),
        required=False,
        help_text=_(
            "The store stays open to look around; carts are kept, and orders that exist can still be paid. "
            "Orders you place yourself, and offers you have sent, are not stopped."
        ),
    )
    closed_words = forms.CharField(
        label=_("What the store says meanwhile"),
        max_length=300,
        required=False,
        help_text=_("Such as: We are on holiday until Monday. Empty: We are not taking orders right now."),
    )
    accent_colour = forms.CharField(
        label=_("Accent colour"), max_length=7, widget=forms.TextInput(attrs={"type": "color"})
    )

    groups: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (_("The business"), ("name", "slug", "trade", "email", "phone")),
        (_("Address"), ("line1", "line2", "postcode", "city", "region", "country", "time_zone")),
        (_("Tax"), ("tax_inclusive", "tax_name", "tax_rate", "tax_number", "tax_rounding", "tax_by_origin")),
        (_("Orders"), ("order_prefix", "unpaid_minutes", "orders_closed", "closed_words")),
        (_("Look"), ("accent_colour",)),
    )

    @classmethod
    def start(cls, business: Business) -> dict[str, Any]:
        """What the form shows first."""
        return {name: getattr(business, name) for name in cls.base_fields}

    def grouped(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields by subject."""
        return [(title, [self[name] for name in names]) for title, names in self.groups]

    def changes(self) -> dict[str, Any]:
        """What was changed, for the service."""
        return {name: self.cleaned_data[name] for name in self.changed_data}
