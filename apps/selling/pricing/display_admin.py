"""Currencies the store shows besides: who keeps the rates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_amount, format_state, text_column
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import get_current_business

from . import policies, services
from .models import DisplayRate
from .showing import in_currency

OLD_AFTER = dt.timedelta(days=31)


class RateForm(forms.Form):
    """A rate as it stands in a newspaper."""

    currency = forms.CharField(
        label=_("Currency"), min_length=3, max_length=3, help_text=_("Three letters, such as USD.")
    )
    rate = forms.DecimalField(
        label=_("One unit of your currency is worth"), max_digits=18, decimal_places=8, min_value=Decimal(0)
    )
    source = forms.CharField(label=_("Where the rate is from"), max_length=80)
    day = forms.DateField(
        label=_("Of the day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    active = forms.BooleanField(label=_("Shown in the store"), required=False)

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).strip().upper()


class _SavesRate(Verb):
    permission = policies.MANAGE
    form_class = RateForm
    submit_label = _("Save rate")

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        own = get_current_business().currency
        return [
            _now("Beside your price the store says what it is about worth, with the day of the rate."),
            _now("What is charged is always in %(currency)s.") % {"currency": own},
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.save_display_rate(actor, **data, key=key)

    def success(self, obj: Any, result: DisplayRate) -> Any:
        return _now("The rate of %(currency)s is kept.") % {"currency": result.currency}

    def success_url(self, obj: Any, result: DisplayRate) -> str | None:
        return reverse("admin:pricing_displayrate_change", args=[result.pk])


class AddRate(_SavesRate):
    name = "add"
    label = _("Add a currency")
    icon = "add"

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        return {"day": clock.today(get_current_business().time_zone), "active": True}


class ChangeRate(_SavesRate):
    name = "change"
    label = _("Edit")
    icon = "edit"
    writes_back = True

    def initial(self, actor: Actor, obj: DisplayRate) -> dict[str, Any]:
        rate = f"{obj.rate.normalize():f}"
        return {
            "currency": obj.currency, "rate": rate, "source": obj.source, "active": obj.active,
            "day": clock.today(get_current_business().time_zone),
        }  # fmt: skip

    def perform(self, actor: Actor, obj: DisplayRate, data: dict[str, Any], key: str) -> Any:
        # The row is of this currency; another one is another row.
        return services.save_display_rate(actor, **{**data, "currency": obj.currency}, key=key)

    def get_form(self, actor: Actor, obj: DisplayRate, **kwargs: Any) -> Any:
        form = RateForm(**kwargs)
        form.fields["currency"].disabled = True
        form.fields["currency"].required = False
        return form


def state_of(row: DisplayRate) -> Any:
    if not row.active:
        return format_state("out", _now("Not shown"), "muted")
    if clock.today(get_current_business().time_zone) - row.day > OLD_AFTER:
        return format_state("old", _now("Shown, with an old rate"), "wait")
    return format_state("active", _now("Shown"), "good")


def hundred_of(row: DisplayRate) -> str:
    own = format_amount(Decimal(100))
    return f"{own} ≈ {in_currency(Decimal(100), row.currency, row.rate)}"


def rate_of(row: DisplayRate) -> str:
    return f"{row.rate.normalize():f}"


state_of.short_description = _("Now")  # type: ignore[attr-defined]
hundred_of.short_description = _("A hundred is about")  # type: ignore[attr-defined]
rate_of.short_description = _("Rate")  # type: ignore[attr-defined]


@register(DisplayRate)
class DisplayRateAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        text_column("currency", description=_("Currency")), rate_of, hundred_of,
        text_column("source", description=_("Where the rate is from")), text_column("day", description=_("Of the day")),
        state_of,
    ]  # fmt: skip
    ordering = ["currency"]
    search_fields = ["currency__iexact"]
    search_help_text = _("Currency")
    verbs = [ChangeRate]
    list_verbs = [AddRate]
    empty_title = _("Prices are shown in your currency only")
    empty_text = _("Buyers from elsewhere can see besides what a price is about worth in theirs.")
    empty_verb = "add"

    def facts(self, actor: Actor, obj: DisplayRate) -> list[Fact]:
        return [
            Fact(_("Now"), state_of(obj)),
            Fact(_("Rate"), rate_of(obj)),
            Fact(_("A hundred is about"), hundred_of(obj)),
            Fact(_("Where the rate is from"), obj.source),
            Fact(_("Of the day"), obj.day),
        ]


nav.register(
    section="Catalogue",
    label=_("Currencies shown besides"),
    url="admin:pricing_displayrate_changelist",
    permission=policies.READ,
    icon="currency_exchange",
    order=33,
    under="admin:pricing_pricelist_changelist",
)
