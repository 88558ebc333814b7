"""By whom a business sends, and a message to try it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.notifications import policies
from apps.platform.notifications.models import ChannelSetting, Message
from apps.platform.notifications.providers import MessageProvider, Setting, get_provider, list_providers
from apps.platform.notifications.selectors import get_sending_business
from apps.platform.notifications.states import Channel
from apps.platform.notifications.vaulted import secret_name
from apps.platform.vault.selectors import find_secret
from apps.platform.vault.services import keep_secret

from .queueing import queue_message

LONGEST_VALUE = 2000


@sensitive_variables("secrets")
@use_case(permission=policies.CHANNELS, audits="notifications.provider_chosen")
def choose_provider(
    actor: Actor, *, channel: str, provider: str, values: dict[str, str], secrets: dict[str, str]
) -> ChannelSetting:
    """Send on a channel by this company from now on, also what waits already.

    A secret left out stays as it is kept. Raises `InvalidInput` for what is missing or cannot be, naming the field.
    """
    adapter = get_provider(provider)
    if adapter not in list_providers(channel):
        raise InvalidInput(fields={"provider": [_("This company does not send on this channel.")]})
    rows = ChannelSetting.objects.filter(channel=channel)
    if not rows.exists():
        start = ChannelSetting(channel=channel, provider=list_providers(channel)[0].code)
        ChannelSetting.objects.bulk_create([start], ignore_conflicts=True)
    setting = lock_one(Rank.ROOT, rows)
    kept = _checked(adapter, values, secrets)
    _check_secrets_stay_where_they_were(adapter, kept, secrets, setting)
    before = {"provider": setting.provider, **setting.values}
    setting.provider, setting.values = provider, kept
    setting.save(update_fields=["provider", "values", "updated_at"])
    for name, value in secrets.items():
        if value:
            keep_secret(actor, name=secret_name(provider, name), value=value)
    audit.record(
        actor, "notifications.provider_chosen", setting, before=before, after={"provider": provider, **kept}
    )
    return setting


@use_case(permission=policies.CHANNELS, unaudited="a message to oneself; it is kept itself")
def queue_test(actor: Actor, *, channel: str, to: str) -> Message:
    """Queue a message that says that it is a test; each call makes another one."""
    business = get_sending_business(actor.business_id)
    words = _("This is a test from %(business)s. If you can read it, messages arrive.") % {
        "business": business.name
    }
    return queue_message(
        actor,
        channel=channel,
        to=to,
        subject=_("Test from %(business)s") % {"business": business.name} if channel == Channel.EMAIL else "",
        text=words,
        template="test",
        dedupe_key=f"test:{new_id()}",
    )


def _checked(adapter: MessageProvider, values: dict[str, str], secrets: dict[str, str]) -> dict[str, str]:
    wrong: dict[str, list[Any]] = {}
    kept: dict[str, str] = {}
    for field in adapter.settings:
        if field.kind == "secret":
            known = secrets.get(field.name) or find_secret(secret_name(adapter.code, field.name))
            if field.required and not known:
                wrong[field.name] = [_("Enter what the company gave you.")]
            continue
        value = str(values.get(field.name) or "").strip()
        if said := _fault(field, value):
            wrong[field.name] = [said]
        kept[field.name] = value
    if wrong:
        raise InvalidInput(fields=wrong)
    return kept


def _check_secrets_stay_where_they_were(
    adapter: MessageProvider, values: dict[str, str], secrets: dict[str, str], setting: ChannelSetting
) -> None:
    """Ask for a kept secret anew when it would go to another server: else whoever names the server reads it."""
    places = [field.name for field in adapter.settings if field.is_place]
    known = setting.values if setting.provider == adapter.code else {}
    if all(values.get(name) == known.get(name) for name in places):
        return
    stale = [
        field.name
        for field in adapter.settings
        if field.kind == "secret"
        and not secrets.get(field.name)
        and find_secret(secret_name(adapter.code, field.name))
    ]
    if stale:
        raise InvalidInput(fields={name: [_("Enter it again for this server.")] for name in stale})


def _fault(field: Setting, value: str) -> str:
    if not value:
        return _("Please fill this in.") if field.required else ""
    if len(value) > LONGEST_VALUE or (field.kind != "long" and not value.isprintable()):
        return _("This is too long, or has signs that cannot be used here.")
    if field.kind == "number" and not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
        return _("Enter a number.")
    if field.kind == "email":
        try:
            validate_email(value)
        except ValidationError:
            return _("Enter an e-mail address.")
    return ""
