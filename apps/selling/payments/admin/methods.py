"""How buyers may pay, and the secrets that the companies' messages are signed with."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_state
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.verbs import Verb
from apps.selling.payments import policies
from apps.selling.payments.models import ProviderAccount
from apps.selling.payments.providers import find_provider, get_provider
from apps.selling.payments.services import offer_provider, rotate_webhook_secret
from apps.selling.payments.services.accounts import accepted_webhook_secrets

from .payments import provider_name


class SwitchOn(Verb):
    name = "switch-on"
    label = gettext_lazy("Offer to buyers")
    permission = policies.MANAGE
    icon = "toggle_on"

    def is_available(self, actor: Actor, obj: ProviderAccount) -> bool:
        return not obj.active

    def explain(self, actor: Actor, obj: ProviderAccount) -> list[Any]:
        return [_("Buyers can choose %(name)s at checkout.") % {"name": provider_name(obj.provider)}]

    def perform(self, actor: Actor, obj: ProviderAccount, data: dict[str, Any], key: str) -> Any:
        return offer_provider(actor, provider=obj.provider, active=True)


class SwitchOff(Verb):
    name = "switch-off"
    label = gettext_lazy("Stop offering")
    permission = policies.MANAGE
    dangerous = True

    def is_available(self, actor: Actor, obj: ProviderAccount) -> bool:
        return obj.active

    def explain(self, actor: Actor, obj: ProviderAccount) -> list[Any]:
        return [
            _("Buyers can no longer choose %(name)s at checkout.") % {"name": provider_name(obj.provider)},
            _("Payments that have begun go on, and refunds can still be sent."),
        ]

    def perform(self, actor: Actor, obj: ProviderAccount, data: dict[str, Any], key: str) -> Any:
        return offer_provider(actor, provider=obj.provider, active=False)


def name_of(account: ProviderAccount) -> str:
    return provider_name(account.provider)


def offered(account: ProviderAccount) -> str:
    if account.active:
        return format_state("active", _("Offered"))
    return format_state("off", _("Not offered"))


name_of.short_description = gettext_lazy("Payment company")  # type: ignore[attr-defined]
offered.short_description = gettext_lazy("At checkout")  # type: ignore[attr-defined]


@register(ProviderAccount)
class ProviderAccountAdmin(TenantModelAdmin):
    read_permission = policies.MANAGE
    list_display = [name_of, offered]
    ordering = ["provider", "id"]
    verbs = [SwitchOn, SwitchOff]
    empty_title = gettext_lazy("No payment methods yet")
    empty_text = gettext_lazy("They appear when a payment company has been set up or somebody pays.")

    def title(self, obj: ProviderAccount) -> str:
        return provider_name(obj.provider)

    def facts(self, actor: Actor, obj: ProviderAccount) -> list[Fact]:
        adapter = find_provider(obj.provider)
        facts = [
            Fact(_("At checkout"), offered(obj)),
            Fact(_("What it is"), str(adapter.description) if adapter else ""),
            Fact(
                _("Keys and address"),
                _("Enter, try, change"),
                url=f"{reverse('admin:payments_setup')}?company={obj.provider}",
            ),
        ]
        if adapter is None or not adapter.makes_secret:
            return facts
        accepted = len(accepted_webhook_secrets(obj, clock.now()))
        rotate = reverse("admin:payments_rotate_secret", args=[obj.provider])
        return [
            *facts,
            Fact(
                _("Webhook secrets accepted"),
                accepted,
                help=_("Messages signed with an old secret are accepted for a day after a change."),
            ),
            Fact(_("Webhook secret"), format_html('<a href="{}">{}</a>', rotate, _("Make a new one"))),
        ]


@page(
    "payments/secret/<slug:provider>/",
    name="payments_rotate_secret",
    title=gettext_lazy("New webhook secret"),
    permission=policies.MANAGE,
)
@never_cache
def rotate_secret(request: HttpRequest, provider: str) -> HttpResponse:
    """Says what will happen; after the POST shows the new secret on this one answer and nowhere else."""
    adapter = get_provider(provider)
    secret = ""
    if request.method == "POST":
        secret = rotate_webhook_secret(request.actor, provider=provider)  # type: ignore[attr-defined]
    context = {
        "provider_name": adapter.name,
        "secret": secret,
        "is_test": adapter.is_test,
        "back_url": reverse("admin:payments_provideraccount_changelist"),
    }
    return render_page(request, "payments/rotate_secret.html", context)


nav.register(
    section="Settings",
    label=gettext_lazy("Payment methods"),
    url="admin:payments_setup",
    under="admin:business_settings",
    permission=policies.MANAGE,
    icon="credit_card",
    order=40,
)
