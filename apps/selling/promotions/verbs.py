"""What staff do with promotions: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb

from . import policies, services
from .drafts import PromotionDraft
from .forms import ChangeForm, CodeForm, CopyForm, GenerateForm, PromotionForm, chosen_in, initial_of
from .models import Promotion, State


class _Manage(Verb):
    permission = policies.MANAGE

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was saved.") % {"name": result.name}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:promotions_promotion_change", args=[result.pk])


class AddPromotion(_Manage):
    name = "add"
    label = _("Add a promotion")
    icon = "add"
    form_class = PromotionForm
    template_name = "promotions/edit.html"

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now("It counts from its beginning on; without one, at once. Test it before on “Try it out”.")
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.add_promotion(
            actor, draft=PromotionDraft(**chosen_in(data)), code=data["code"], key=key
        )


class ChangePromotion(_Manage):
    name = "change"
    label = _("Change")
    icon = "edit"
    form_class = ChangeForm
    writes_back = True
    template_name = "promotions/edit.html"
    submit_label = _("Save")

    def is_available(self, actor: Actor, obj: Promotion) -> bool:
        return obj.ended_at is None

    def explain(self, actor: Actor, obj: Promotion) -> list[Any]:
        return [_now("New orders count by the new rule; orders already placed keep what they were given.")]

    def initial(self, actor: Actor, obj: Promotion) -> dict[str, Any]:
        return initial_of(obj)

    def perform(self, actor: Actor, obj: Promotion, data: dict[str, Any], key: str) -> Any:
        return services.change_promotion(actor, promotion_id=obj.pk, changes=chosen_in(data), key=key)


class PausePromotion(_Manage):
    name = "pause"
    label = _("Pause")
    icon = "pause"

    def is_available(self, actor: Actor, obj: Promotion) -> bool:
        return obj.state in (State.RUNNING, State.SCHEDULED)

    def explain(self, actor: Actor, obj: Promotion) -> list[Any]:
        return [
            _now(
                "It takes nothing off until you let it go on. Buyers are told that it cannot be used at the moment."
            )
        ]

    def perform(self, actor: Actor, obj: Promotion, data: dict[str, Any], key: str) -> Any:
        return services.pause_promotion(actor, promotion_id=obj.pk)


class ResumePromotion(_Manage):
    name = "resume"
    label = _("Let it go on")
    icon = "play_arrow"

    def is_available(self, actor: Actor, obj: Promotion) -> bool:
        return obj.state == State.PAUSED

    def explain(self, actor: Actor, obj: Promotion) -> list[Any]:
        return [_now("It counts again, at the times and for the people that it names.")]

    def perform(self, actor: Actor, obj: Promotion, data: dict[str, Any], key: str) -> Any:
        return services.resume_promotion(actor, promotion_id=obj.pk)


class EndPromotion(_Manage):
    name = "end"
    label = _("End")
    dangerous = True

    def is_available(self, actor: Actor, obj: Promotion) -> bool:
        return obj.ended_at is None

    def explain(self, actor: Actor, obj: Promotion) -> list[Any]:
        return [
            _now("“%(name)s” is over for good, with all of its codes.") % {"name": obj.name},
            _now("Its figures stay; a copy can offer it again."),
        ]

    def perform(self, actor: Actor, obj: Promotion, data: dict[str, Any], key: str) -> Any:
        return services.end_promotion(actor, promotion_id=obj.pk)


class CopyPromotion(_Manage):
    name = "copy"
    label = _("Copy")
    icon = "content_copy"
    form_class = CopyForm

    def explain(self, actor: Actor, obj: Promotion) -> list[Any]:
        return [_now("The copy is paused and has no dates, so that you can look at it first.")]

    def initial(self, actor: Actor, obj: Promotion) -> dict[str, Any]:
        return {"name": _now("%(name)s, copy") % {"name": obj.name[:70]}}

    def perform(self, actor: Actor, obj: Promotion, data: dict[str, Any], key: str) -> Any:
        return services.duplicate_promotion(actor, promotion_id=obj.pk, key=key, **data)


class _Codes(_Manage):
    def is_available(self, actor: Actor, obj: Promotion) -> bool:
        return obj.needs_code and obj.ended_at is None

    def success_url(self, obj: Any, result: Any) -> str | None:
        return None


class AddCode(_Codes):
    name = "add-code"
    label = _("Add a code")
    icon = "sell"
    form_class = CodeForm

    def explain(self, actor: Actor, obj: Promotion) -> list[Any]:
        return [_now("Everybody who knows it may use it, within the limits of the promotion.")]

    def perform(self, actor: Actor, obj: Promotion, data: dict[str, Any], key: str) -> Any:
        return services.add_code(actor, promotion_id=obj.pk, key=key, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(code)s can be used.") % {"code": result.code}


class GenerateCodes(_Codes):
    name = "generate-codes"
    label = _("Generate codes")
    icon = "auto_awesome"
    form_class = GenerateForm

    def explain(self, actor: Actor, obj: Promotion) -> list[Any]:
        return [
            _now("Each of them works once. Nobody can guess them. Download them on the promotion's page.")
        ]

    def perform(self, actor: Actor, obj: Promotion, data: dict[str, Any], key: str) -> Any:
        return services.generate_codes(actor, promotion_id=obj.pk, key=key, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(count)s codes were made.") % {"count": result}
