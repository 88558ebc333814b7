"""Promotions in the back office: the list by state, one promotion with its codes and figures."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_amount, format_moment, format_state, text_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.pages import page
from apps.platform.backoffice.reports import Table, as_csv
from apps.platform.backoffice.tabs import Tab
from apps.platform.businesses.selectors import get_current_business

from . import policies, tester_page, trial_admin  # noqa: F401  (register their pages)
from .models import Promotion, PromotionCode, State
from .selectors import ENDED, PAUSED, RUNNING, SCHEDULED, get_promotion, list_codes, names_of_goods, usage_of
from .verbs import (
    AddCode,
    AddPromotion,
    ChangePromotion,
    CopyPromotion,
    EndPromotion,
    GenerateCodes,
    PausePromotion,
    ResumePromotion,
)
from .words import summarise

CODES_SHOWN = 20


def state_chip(promotion: Promotion) -> Any:
    tone = "good" if promotion.state is State.RUNNING else None
    return format_state(promotion.state.value, promotion.state.label, tone)


def in_words(promotion: Promotion) -> str:
    return summarise(promotion, get_current_business())


state_chip.short_description = _("State")  # type: ignore[attr-defined]
in_words.short_description = _("What it does")  # type: ignore[attr-defined]


@register(Promotion)
class PromotionAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [text_column("name", description=_("Name")), in_words, state_chip]
    ordering = ["priority", "id"]
    search_fields = ["name"]
    search_help_text = _("Name")
    tabs = [
        Tab("running", _("Running"), RUNNING),
        Tab("scheduled", _("Scheduled"), SCHEDULED),
        Tab("paused", _("Paused"), PAUSED),
        Tab("ended", _("Ended"), ENDED),
        Tab("all", _("All"), Q()),
    ]
    verbs = [
        ChangePromotion, PausePromotion, ResumePromotion, AddCode, GenerateCodes, CopyPromotion, EndPromotion,
    ]  # fmt: skip
    list_verbs = [AddPromotion]
    empty_title = _("No promotions here")
    empty_text = _("A discount that applies by itself, or a code that you hand out.")
    empty_verb = "add"

    def subtitle(self, obj: Promotion) -> Any:
        return summarise(obj, get_current_business(), names_of_goods(obj))

    def facts(self, actor: Actor, obj: Promotion) -> list[Fact]:
        usage = usage_of(obj)
        tester = reverse("admin:promotions_tester")
        facts = [
            Fact(_("State"), state_chip(obj)),
            Fact(_("Orders"), str(usage.orders), help=_given_back(usage.given_back)),
            Fact(_("Revenue of these orders"), format_amount(usage.revenue)),
            Fact(_("Discount given"), format_amount(usage.discount)),
            Fact(_("Uses left"), _uses_left(obj)),
            Fact(_("With a basket"), _("Try it out"), tester, help=_priority(obj)),
        ]
        arm = obj.arms.filter(live=True).select_related("test").first()
        if arm is not None:
            url = reverse("admin:promotions_promotiontest_change", args=[arm.test_id])
            facts.insert(1, Fact(_("Test"), arm.test.name, url, help=_now("A part of the buyers gets it.")))
        return facts

    def sections(self, actor: Actor, obj: Promotion) -> list[Section]:
        if not obj.needs_code:
            return []
        codes = list(list_codes(obj.pk)[: CODES_SHOWN + 1])
        file = reverse("admin:promotions_codes", args=[obj.pk])
        note = (
            _now("Download all codes")
            if len(codes) <= CODES_SHOWN
            else _now("More than are shown: download all")
        )
        return [
            Section(
                title=_("Codes"),
                columns=[_("Code"), _("Uses"), _("Made")],
                rows=[
                    [code.code, _uses(code), format_moment(code.created_at)] for code in codes[:CODES_SHOWN]
                ],
                align={1: "end"},
                empty=_("Nobody can use it yet: add a code, or generate some."),
                html=format_html('<p><a class="mdk-button" href="{}">{}</a></p>', file, note)
                if codes
                else "",
            )
        ]


def _given_back(count: int) -> str:
    return _now("%(count)s more were cancelled or never paid") % {"count": count} if count else ""


def _priority(promotion: Promotion) -> str:
    return _now("Priority %(number)s") % {"number": promotion.priority}


def _uses_left(promotion: Promotion) -> str:
    if promotion.use_limit is None:
        return _now("No limit")
    return _now("%(left)s of %(limit)s") % {
        "left": promotion.use_limit - promotion.used, "limit": promotion.use_limit,
    }  # fmt: skip


def _uses(code: PromotionCode) -> str:
    if code.use_limit is None:
        return _now("for everybody")
    return _now("used") if code.used >= code.use_limit else _now("unused")


@page(
    "promotions/<uuid:promotion_id>/codes.csv",
    name="promotions_codes",
    title=_("Codes"),
    permission=policies.READ,
)
def codes_file(request: HttpRequest, promotion_id: UUID) -> HttpResponse:
    """All codes of a promotion, for printing or mailing."""
    promotion = get_promotion(promotion_id)
    rows = [[code.code, _uses(code), f"{code.created_at:%Y-%m-%d}"] for code in list_codes(promotion.pk)]
    return as_csv(f"codes-{promotion.pk}", Table([_("Code"), _("Uses"), _("Made")], rows))


nav.register(
    section="Sell",
    label=_("Promotions"),
    url="admin:promotions_promotion_changelist",
    permission=policies.READ,
    icon="percent",
    order=50,
)
nav.register(
    section="Sell",
    label=_("Try promotions out"),
    url="admin:promotions_tester",
    permission=policies.READ,
    icon="science",
    order=51,
    under="admin:promotions_promotion_changelist",
)
