"""Verbs: buttons that say what will happen (GET) and then call one service (POST)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, PermissionRefused, WrongState
from apps.kernel.idempotency import is_claimed
from apps.kernel.ids import new_id
from apps.kernel.web import form_error, sentence
from apps.platform.accounts.two_step import must_prove_again
from apps.platform.approvals.forms import FIELDS, approved, ask_for_approver
from apps.platform.backoffice.overtaken import seen_of, tell_overtaken

_CENT = Decimal("0.01")
# What a row is, on each of its axes.
_STATE_NAMES = (
    "get_state_display", "get_status_display", "get_payment_state_display", "get_fulfilment_state_display",
)  # fmt: skip


class Verb:
    """One thing that can be done to a row (or, as a list verb, without one). Subclass and register it."""

    name: ClassVar[str] = ""
    label: ClassVar[Any] = ""
    permission: ClassVar[str] = ""
    icon: ClassVar[str] = ""
    dangerous: ClassVar[bool] = False
    act: ClassVar[str] = ""  # what a role may be capped in; beyond it the form asks for an approver's PIN
    # The form holds the record as it was read: what somebody else saved since is shown before it is written over.
    writes_back: ClassVar[bool] = False
    proves_again: ClassVar[bool] = False  # who signed in long ago shows password, code or passkey once more
    form_class: ClassVar[type[forms.BaseForm] | None] = None
    submit_label: ClassVar[Any] = None
    template_name: ClassVar[str] = "backoffice/verb.html"

    def permits(self, actor: Actor, obj: Any) -> bool:
        """Whether the actor may do it to this row at all; a verb may let in who has a permission of the row's kind."""
        return actor.may(self.permission)

    def is_available(self, actor: Actor, obj: Any) -> bool:
        """Whether the present state allows it: hides the button. The service decides all the same."""
        return True

    def why_not(self, actor: Actor, obj: Any) -> Any:
        """Why the present state does not allow it, in a sentence: not yet, or no longer."""
        states = [str(getattr(obj, name)()) for name in _STATE_NAMES if hasattr(obj, name)]
        if not states:
            return _("“%(verb)s” is not possible as things stand now.") % {"verb": self.label}
        return _("“%(verb)s” is not possible while this is: %(states)s.") % {
            "verb": self.label, "states": " · ".join(states)
        }  # fmt: skip

    def heading(self, actor: Actor, obj: Any) -> Any:
        """The heading of the confirmation page."""
        return self.label

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        """Sentences that say what will happen."""
        return []

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        """What the form starts with."""
        return {}

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        """The form; override to pass choices."""
        return (self.form_class or forms.Form)(**kwargs)

    def submit(self, actor: Actor, obj: Any) -> Any:
        """The button's words: a verb with its object."""
        return self.submit_label or self.label

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        """More for a template of one's own."""
        return {}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        """Call the one service."""
        raise NotImplementedError

    def success(self, obj: Any, result: Any) -> Any:
        """What is said when it is done."""
        return _("Done.")

    def answer(self, request: HttpRequest, obj: Any, result: Any) -> HttpResponse | None:
        """A page of its own for the result, shown at once (a secret that is shown once); None goes on as usual."""
        return None

    def success_url(self, obj: Any, result: Any) -> str | None:
        """Where to go then; None is the row's page, or the list."""
        return None


@dataclass(frozen=True)
class VerbLink:
    """A verb with its address, for buttons."""

    verb: Verb
    url: str


def verb_url(obj: Model, name: str) -> str:
    """The address of a verb of a row."""
    return reverse("admin:verb", args=[obj._meta.app_label, obj._meta.model_name, obj.pk, name])


def list_verb_url(model: type[Model], name: str) -> str:
    """The address of a verb of a list."""
    return reverse("admin:list_verb", args=[model._meta.app_label, model._meta.model_name, name])


def offered(verbs: Iterable[type[Verb]], actor: Actor, model: type[Model], obj: Any) -> list[VerbLink]:
    """The verbs the actor may use on this row now."""
    links = []
    for kind in verbs:
        verb = kind()
        if verb.permits(actor, obj) and verb.is_available(actor, obj):
            url = verb_url(obj, verb.name) if obj is not None else list_verb_url(model, verb.name)
            links.append(VerbLink(verb, url))
    return links


def run_verb(request: HttpRequest, verb: Verb, obj: Any, back_url: str) -> HttpResponse:
    """Show the verb's page, or do it. Typed input survives a refusal; a repeated key does nothing twice."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not verb.permits(actor, obj):
        actor.require(verb.permission)
        raise PermissionRefused()
    if verb.proves_again and must_prove_again(request):
        return redirect_to_login(request.get_full_path(), reverse("account_reauthenticate"), "next")
    if request.method == "POST":
        return _do(request, actor, verb, obj, back_url)
    if not verb.is_available(actor, obj):
        refused = WrongState(str(verb.why_not(actor, obj)))
        return _show(request, actor, verb, obj, forms.Form(), back_url, refused=refused)
    form = _form_of(request, actor, verb, obj)
    return _show(request, actor, verb, obj, form, back_url)


def _do(request: HttpRequest, actor: Actor, verb: Verb, obj: Any, back_url: str) -> HttpResponse:
    key = request.POST.get("idempotency_key", "")[:200] or str(new_id())
    form = _form_of(request, actor, verb, obj, data=request.POST, files=request.FILES)
    if not form.is_valid():
        return _show(request, actor, verb, obj, form, back_url, key=key, status=400)
    repeated = partial(is_claimed, actor.business_id, key)
    if verb.writes_back and tell_overtaken(form, request.POST.get("seen", ""), is_repeated=repeated):
        return _show(request, actor, verb, obj, form, back_url, key=key, status=409, seen=seen_of(form))
    try:
        # Availability is left to the service: a repeated key must get the first answer, not "too late".
        result = verb.perform(approved(actor, form), obj, getattr(form, "cleaned_data", {}), key)
    except DomainError as error:
        _refuse(form, error)
        return _show(request, actor, verb, obj, form, back_url, key=key, status=error.status)
    shown = verb.answer(request, obj, result)
    if shown is not None:
        return shown
    messages.success(request, verb.success(obj, result))
    return HttpResponseRedirect(verb.success_url(obj, result) or back_url)


def _form_of(request: HttpRequest, actor: Actor, verb: Verb, obj: Any, **sent: Any) -> Any:
    initial = {name: _short(value) for name, value in verb.initial(actor, obj).items()}
    form = verb.get_form(actor, obj, initial=initial, **sent)
    if verb.act:
        currency = request.business.currency  # type: ignore[attr-defined]
        ask_for_approver(form, actor, verb.act, currency, get_language() or "en")
    return form


def _short(value: Any) -> Any:
    """`24.6500`, as the database keeps an amount, stands in a form as `24.65`; a cost of `6.3540` stays."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return value
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -2:
        return value
    short = value.quantize(_CENT)
    return short if short == value else value


def _refuse(form: Any, error: DomainError) -> None:
    if isinstance(form, forms.BaseForm):
        form_error(form, error)
    else:  # a formset has no fields of its own
        form._non_form_errors.append(sentence(error))


def _show(
    request: HttpRequest,
    actor: Actor,
    verb: Verb,
    obj: Any,
    form: Any,
    back_url: str,
    *,
    key: str = "",
    status: int = 200,
    refused: DomainError | None = None,
    seen: str = "",
) -> HttpResponse:
    from apps.platform.backoffice.pages import render_page

    context = {
        "seen": seen or request.POST.get("seen") or seen_of(form) if verb.writes_back else "",
        "title": verb.heading(actor, obj),
        "verb": verb,
        "object": obj,
        "subject": getattr(request, "page_subject", obj),
        "form": form,
        "sentences": [] if refused else verb.explain(actor, obj),
        "submit_label": verb.submit(actor, obj),
        "refused": refused,
        "approval_fields": [form[name] for name in FIELDS if name in getattr(form, "fields", {})],
        "idempotency_key": key or str(new_id()),
        "back_url": back_url,
        **({} if refused else verb.context(actor, obj, form)),
    }
    return render_page(request, verb.template_name, context, status=refused.status if refused else status)
