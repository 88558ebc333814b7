"""Links to a checkout in the back office: made, copied, counted, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.catalog.models import Variant
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.money import ZERO
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_amount, format_moment, format_state, moment_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import get_current_business

from . import policies
from .attribution import FIELDS
from .lists import read_list
from .models import Checkout, CheckoutLink
from .services import end_link, make_link
from .services.quick import find_by_sku


def state_of(link: CheckoutLink) -> Any:
    if link.works_at(clock.now()):
        return format_state("active", _now("Works"))
    return format_state("ended", _now("Ended") if link.ended_at else _now("Over"))


def goods_of(link: CheckoutLink) -> str:
    count = sum(int(line["quantity"]) for line in link.lines)
    return ngettext("%(count)s piece", "%(count)s pieces", count) % {"count": count}


def uses_of(link: CheckoutLink) -> str:
    return f"{link.uses} / {link.most_uses}" if link.most_uses else str(link.uses)


state_of.short_description = _("State")  # type: ignore[attr-defined]
goods_of.short_description = _("Goods")  # type: ignore[attr-defined]
uses_of.short_description = _("Orders")  # type: ignore[attr-defined]


class LinkForm(forms.Form):
    """A new link. The goods are typed as a list."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("For you: buyers do not see it."))
    goods = forms.CharField(
        label=_("Goods"),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=_("A line for each: the SKU, a space, how many. For example: TEA-01 2"),
    )
    codes = forms.CharField(label=_("Promotion codes"), max_length=200, required=False)
    source = forms.CharField(label=_("Source"), max_length=60, required=False)
    campaign = forms.CharField(label=_("Campaign"), max_length=60, required=False)
    last_day = forms.DateField(
        label=_("Works until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    most_uses = forms.IntegerField(label=_("Orders at most"), min_value=1, required=False)

    def clean_goods(self) -> list[tuple[Any, int]]:
        """The variants that the lines name; every line that cannot be meant is said."""
        lines = read_list(self.cleaned_data["goods"])
        known = find_by_sku(line.sku for line in lines if not line.problem)
        wrong = [
            f"{line.number}: {line.problem or _now('We do not know this SKU.')}"
            for line in lines
            if line.problem or line.sku.upper() not in known
        ]
        if wrong or not lines:
            raise forms.ValidationError(wrong or [_now("Name at least one.")])
        return [(known[line.sku.upper()].pk, line.quantity) for line in lines]


class MakeLink(Verb):
    name = "add"
    label = _("New link")
    permission = policies.LINK
    icon = "add_link"
    form_class = LinkForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Whoever follows the link finds these goods in the cart and orders at today's prices.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        zone = ZoneInfo(get_current_business().time_zone)
        last = data["last_day"]
        ends = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone) if last else None
        return make_link(
            actor,
            lines=data["goods"],
            name=data["name"],
            codes=data["codes"].replace(",", " ").split(),
            attribution={name: data[name] for name in ("source", "campaign") if data[name]},
            expires_at=ends,
            most_uses=data["most_uses"],
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The link works now: copy it.")

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:checkout_checkoutlink_change", args=[result.pk])


class EndLink(Verb):
    name = "end"
    label = _("End link")
    permission = policies.LINK
    dangerous = True

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.ended_at is None

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Whoever opens it is told that it is over. Orders that were placed stay.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return end_link(actor, link_id=obj.pk)


@register(CheckoutLink)
class CheckoutLinkAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = ["name", goods_of, uses_of, state_of, moment_column("created_at", description=_("Made"))]
    search_fields = ["name__istartswith"]
    search_help_text = _("The beginning of the name")
    ordering = ["-created_at", "-id"]
    tabs = [
        Tab("open", _("Not ended"), Q(ended_at=None)),
        Tab("ended", _("Ended"), Q(ended_at__isnull=False)),
    ]
    verbs = [EndLink]
    list_verbs = [MakeLink]
    empty_title = _("No links here")
    empty_text = _("A link opens a checkout with goods in it: for a message, a post, a code on a flyer.")
    empty_verb = "add"

    def facts(self, actor: Actor, obj: CheckoutLink) -> list[Fact]:
        address = f"{settings.PUBLIC_BASE_URL.rstrip('/')}/store/{obj.business.slug}/buy/{obj.token}/"
        done = Checkout.objects.filter(cart__link=obj).aggregate(total=Sum("total"))["total"]
        came = " · ".join(obj.attribution[name] for name in FIELDS if obj.attribution.get(name))
        return [
            Fact(_("Link"), format_html('<code style="overflow-wrap: anywhere">{}</code>', address), address),
            Fact(_("State"), state_of(obj)),
            Fact(_("Orders"), uses_of(obj)),
            Fact(_("Ordered by it"), format_amount(done or ZERO)),
            Fact(_("Works until"), format_moment(obj.expires_at) if obj.expires_at else _now("without end")),
            *([Fact(_("Codes"), ", ".join(obj.codes))] if obj.codes else []),
            *([Fact(_("Came from"), came)] if came else []),
        ]

    def sections(self, actor: Actor, obj: CheckoutLink) -> list[Section]:
        wanted = {line["variant_id"]: line["quantity"] for line in obj.lines}
        rows = Variant.objects.filter(pk__in=wanted).select_related("product").order_by("sku", "pk")
        return [
            Section(
                title=_("Goods"),
                columns=[_("Item"), _("SKU"), _("Pieces")],
                rows=[
                    [f"{one.product.title} {one.title}".strip(), one.sku, wanted[str(one.pk)]] for one in rows
                ],
                align={2: "end"},
                empty=_("These goods do not exist any more."),
            )
        ]


nav.register(
    section="Sell",
    label=_("Checkout links"),
    url="admin:checkout_checkoutlink_changelist",
    under="admin:checkout_cart_changelist",
    permission=policies.READ,
    icon="link",
    order=31,
)
