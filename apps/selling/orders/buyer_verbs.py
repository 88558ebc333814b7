"""What buyers ask for, in the back office: the answer, and what waits for one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import today
from apps.platform.backoffice.verbs import Verb, verb_url

from .models import Order, TimelineEntry
from .services import answer_buyer
from .services.buying import LONGEST_WISH

MOST_WAITING = 4


class AnswerForm(forms.Form):
    """What the buyer reads."""

    text = forms.CharField(
        label=_("Answer"),
        max_length=LONGEST_WISH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The buyer reads it on the order's page and in a mail."),
    )


class AnswerBuyer(Verb):
    name = "answer"
    label = _("Answer the buyer")
    permission = "orders.note"
    icon = "reply"
    form_class = AnswerForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return obj.change_asked_at is not None

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        asked = TimelineEntry.objects.filter(order=obj, kind="change_asked").order_by("-id").first()
        said = asked.data.get("text", "") if asked else ""
        return [
            _now("The buyer asks: “%(text)s”") % {"text": said},
            _now("If you agree, change the order first; that answers it too."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return answer_buyer(actor, order_id=obj.pk, text=data["text"], key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The buyer of order %(number)s has your answer.") % {"number": obj.number}


@today.register_waiting(permission="orders.note", order=41)
def wishes(actor: Actor) -> list[today.Waiting]:
    """Orders whose buyers ask for a change, the longest waiting first."""
    asked = Order.objects.filter(change_asked_at__isnull=False).order_by("change_asked_at", "id")
    sentences = [
        today.Waiting(
            text=_now("%(name)s asks for a change of order %(number)s:")
            % {"number": order.number, "name": order.ship_name or order.email or _now("a buyer")},
            verb=_now("Answer"),
            url=verb_url(order, "answer"),
        )
        for order in asked[: MOST_WAITING + 1]
    ]
    if len(sentences) > MOST_WAITING:
        url = f"{reverse('admin:orders_order_changelist')}?tab=asked"
        more = today.Waiting(text=_now("More buyers ask for a change:"), verb=_now("See all"), url=url)
        sentences[MOST_WAITING:] = [more]
    return sentences
