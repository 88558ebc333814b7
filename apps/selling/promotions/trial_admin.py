"""Tests of promotions in the back office: begun from the list, watched on a page, ended by choosing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.money import round_money
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    format_state,
    moment_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import get_current_business

from . import policies, services
from .figures import ArmFigures, figures_of, say_result
from .models import Promotion, PromotionTest, TestArm
from .selectors import RUNNING

MOST_CHOICES = 100


def _testable() -> list[tuple[str, str]]:
    rows = Promotion.objects.filter(RUNNING, needs_code=False).exclude(arms__live=True).order_by("name", "pk")
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:MOST_CHOICES]]


class StartForm(forms.Form):
    """What is compared."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Your own word for it; buyers do not see it.")
    )
    promotions = forms.MultipleChoiceField(
        label=_("Versions"),
        choices=_testable,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Promotions that apply by themselves. Copy one and change it to make another version."),
    )
    with_nothing = forms.BooleanField(
        label=_("And a part of the buyers who get none of them"),
        required=False,
        help_text=_("Tells whether it is worth anything at all."),
    )


class EndForm(forms.Form):
    """Which version goes on."""

    arm = forms.ChoiceField(label=_("Goes on for everybody"), widget=forms.RadioSelect)

    def __init__(self, test: PromotionTest, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        arms = TestArm.objects.filter(test=test).select_related("promotion").order_by("position")
        self.fields["arm"].choices = [(str(arm.pk), str(arm)) for arm in arms]  # type: ignore[attr-defined]


class StartTest(Verb):
    name = "start"
    label = _("Test promotions")
    submit_label = _("Begin")
    permission = policies.MANAGE
    icon = "science"
    form_class = StartForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now("From now on each buyer gets one version, always the same one; the parts are equal."),
            _now("Until the test ends, its promotions cannot be changed, paused or ended."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        chosen = [UUID(pk) for pk in data["promotions"]]
        return services.start_test(
            actor, name=data["name"], promotion_ids=chosen, with_nothing=data["with_nothing"], key=key
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("“%(name)s” has begun.") % {"name": result.name}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:promotions_promotiontest_change", args=[result.pk])


class EndTest(Verb):
    name = "end"
    label = _("Choose and end")
    submit_label = _("End the test")
    permission = policies.MANAGE
    icon = "done_all"

    def is_available(self, actor: Actor, obj: PromotionTest) -> bool:
        return obj.ended_at is None

    def get_form(self, actor: Actor, obj: PromotionTest, **kwargs: Any) -> Any:
        return EndForm(obj, **kwargs)

    def explain(self, actor: Actor, obj: PromotionTest) -> list[Any]:
        return [
            *say_result(figures_of(obj)),
            _now("The other versions are ended for good; the figures stay."),
        ]

    def perform(self, actor: Actor, obj: PromotionTest, data: dict[str, Any], key: str) -> Any:
        return services.end_test(actor, test_id=obj.pk, arm_id=UUID(data["arm"]))

    def success(self, obj: Any, result: Any) -> Any:
        return _now("“%(name)s” has ended.") % {"name": result.name}


def state_chip(test: PromotionTest) -> Any:
    if test.ended_at is not None:
        return format_state("ended", _now("Ended"))
    return format_state("running", _now("Running"), "good")


state_chip.short_description = _("State")  # type: ignore[attr-defined]


@register(PromotionTest)
class PromotionTestAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        text_column("name", description=_("Name")),
        state_chip,
        moment_column("started_at", description=_("Began")),
        moment_column("ended_at", description=_("Ended")),
    ]
    ordering = ["-id"]
    search_fields = ["name"]
    search_help_text = _("Name")
    tabs = [
        Tab("running", _("Running"), Q(ended_at=None)),
        Tab("ended", _("Ended"), Q(ended_at__isnull=False)),
        Tab("all", _("All"), Q()),
    ]
    verbs = [EndTest]
    list_verbs = [StartTest]
    empty_title = _("No tests here")
    empty_text = _(
        "Give each half of your buyers another version of a promotion, and see which one sells more."
    )
    empty_verb = "start"

    def facts(self, actor: Actor, obj: PromotionTest) -> list[Fact]:
        facts = [Fact(_("State"), state_chip(obj)), Fact(_("Began"), format_moment(obj.started_at))]
        if obj.ended_at is not None:
            facts.append(Fact(_("Ended"), format_moment(obj.ended_at)))
        return facts

    def sections(self, actor: Actor, obj: PromotionTest) -> list[Section]:
        figures = figures_of(obj)
        return [
            Section(
                _("Versions"),
                columns=[
                    _("Version"), _("Buyers"), _("Ordered"), _("Share, 95 %"), _("Orders"), _("Revenue"),
                    _("Revenue per buyer"), _("Discount"),
                ],
                rows=[_row(one) for one in figures],
                align=dict.fromkeys(range(1, 8), "end"),
                html=format_html_join("", "<p>{}</p>", ((words,) for words in [*say_result(figures), _how()])),
            )
        ]  # fmt: skip


def _how() -> str:
    return _now(
        "A buyer counts once, from the checkout's first total on, in the version she was given first; an order that "
        "was cancelled or never paid does not count. Looking often and stopping at a good moment makes chance look "
        "like a result: decide beforehand how long it runs."
    )


def _row(one: ArmFigures) -> list[Any]:
    currency, share = get_current_business().currency, one.share
    label: Any = str(one.arm)
    if one.arm.promotion_id:
        url = reverse("admin:promotions_promotion_change", args=[one.arm.promotion_id])
        label = format_html_join("", '<a href="{}">{}</a>', [(url, label)])
    if one.arm.chosen:
        label = format_html_join("", "{} {}", [(label, format_state("active", _now("Chosen")))])
    words = f"{share.rate * 100:.1f} % ({share.low * 100:.1f}–{share.high * 100:.1f})" if share else "–"
    each = format_amount(round_money(one.revenue / one.buyers, currency)) if one.buyers else "–"
    return [
        label, one.buyers, one.ordered, words, one.orders, format_amount(one.revenue), each,
        format_amount(one.discount),
    ]  # fmt: skip


nav.register(
    section="Sell",
    label=_("Tests of promotions"),
    url="admin:promotions_promotiontest_changelist",
    permission=policies.READ,
    icon="science",
    order=52,
    under="admin:promotions_promotion_changelist",
)
