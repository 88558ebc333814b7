"""What staff do with quotes: each verb calls one service."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.people.customers.selectors import company_of_email
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import list_locations
from apps.selling.payments.selectors import list_methods

from . import services
from .forms import PlaceForm, QuoteForm, SendForm, as_typed, typed_quote
from .models import Quote, QuoteState
from .policies import READ, WRITE
from .selectors import paper_of
from .services.writing import priced

OPEN = (QuoteState.DRAFT, QuoteState.SENT)


def quote_url(quote_id: Any) -> str:
    """The quote's page."""
    return reverse("admin:quotes_quote_change", args=[quote_id])


class WriteQuote(Verb):
    name = "new"
    label = _("New quote")
    submit_label = _("Save draft")
    permission = WRITE

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now(
                "A draft touches no stock. It is priced as the checkout would: price lists, promotions, tax."
            )
        ]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = QuoteForm(**kwargs)
        return self.form

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.write_quote(actor, draft=self.form.draft(), key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Quote %(number)s is a draft.") % {"number": result.number}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return quote_url(result.pk)


class NewOrder(WriteQuote):
    """Among the orders: an order for somebody begins as a draft, which is sent with a link to pay or placed at once."""

    label = _("New order")  # type: ignore[assignment]
    icon = "add"

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        first = _now("It begins as a draft: send it with a link to pay, or place it at once on its page.")
        return [first, *super().explain(actor, obj)]


class ChangeQuote(WriteQuote):
    name = "change"
    label = _("Change")  # type: ignore[assignment]
    writes_back = True

    def is_available(self, actor: Actor, obj: Quote) -> bool:
        return obj.state in OPEN

    def explain(self, actor: Actor, obj: Quote) -> list[Any]:
        if obj.state == QuoteState.SENT:
            return [
                _now(
                    "It becomes a draft of the next version; the buyer's link waits until you send it again."
                )
            ]
        return []

    def initial(self, actor: Actor, obj: Quote) -> dict[str, Any]:
        return typed_quote(obj)

    def perform(self, actor: Actor, obj: Quote, data: dict[str, Any], key: str) -> Any:
        return services.change_quote(actor, quote_id=obj.pk, draft=self.form.draft())

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Saved.")


class DuplicateQuote(Verb):
    name = "duplicate"
    label = _("Duplicate")
    permission = WRITE
    icon = "content_copy"

    def explain(self, actor: Actor, obj: Quote) -> list[Any]:
        return [_now("A new draft with the same items, at today's prices.")]

    def perform(self, actor: Actor, obj: Quote, data: dict[str, Any], key: str) -> Any:
        return services.duplicate_quote(actor, quote_id=obj.pk, key=key)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return quote_url(result.pk)


class SendQuote(Verb):
    name = "send"
    label = _("Send")
    submit_label = _("Send quote")
    permission = WRITE
    icon = "send"
    form_class = SendForm

    def is_available(self, actor: Actor, obj: Quote) -> bool:
        return obj.state in OPEN

    def initial(self, actor: Actor, obj: Quote) -> dict[str, Any]:
        return {"valid_until": "" if obj.is_over else as_typed(obj.valid_until), "by_mail": bool(obj.email)}

    def explain(self, actor: Actor, obj: Quote) -> list[Any]:
        total = format_amount(obj.total, obj.currency)
        said = [_now("Its prices hold from now on: %(total)s.") % {"total": total}]
        if obj.email:
            said.append(_now("%(email)s gets a mail with the link.") % {"email": obj.email})
        return said

    def perform(self, actor: Actor, obj: Quote, data: dict[str, Any], key: str) -> Any:
        return services.send_quote(actor, quote_id=obj.pk, key=key, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Quote %(number)s is sent.") % {"number": obj.number}


class PlaceQuote(Verb):
    name = "place"
    label = _("Place order")
    permission = "orders.place"
    icon = "shopping_cart_checkout"

    def is_available(self, actor: Actor, obj: Quote) -> bool:
        return obj.state in OPEN

    def explain(self, actor: Actor, obj: Quote) -> list[Any]:
        return [_now("Its stock is reserved, and the buyer is asked to pay on the order's page.")]

    def get_form(self, actor: Actor, obj: Quote, **kwargs: Any) -> Any:
        own = actor.location_ids
        places = [place for place in list_locations() if own is None or place.pk in own]
        return PlaceForm(priced(obj).offers, places, company_of_email(obj.email), **kwargs)

    def perform(self, actor: Actor, obj: Quote, data: dict[str, Any], key: str) -> Any:
        methods = list_methods(obj.currency)
        return services.place_quote(
            actor,
            quote_id=obj.pk,
            rate_id=UUID(data["rate_id"]) if data.get("rate_id") else None,
            location_id=UUID(data["location_id"]) if data.get("location_id") else None,
            provider=methods[0].code if methods else "",
            on_account=bool(data.get("on_account")),
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Order %(number)s is placed.") % {"number": result.number}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:orders_order_change", args=[result.pk])


class OpenPaper(Verb):
    name = "paper"
    label = _("PDF")
    submit_label = _("Open the PDF")
    permission = READ

    def is_available(self, actor: Actor, obj: Quote) -> bool:
        return bool(obj.snapshot) and obj.state != QuoteState.DRAFT

    def perform(self, actor: Actor, obj: Quote, data: dict[str, Any], key: str) -> Any:
        return paper_of(obj)

    def answer(self, request: HttpRequest, obj: Any, result: Any) -> HttpResponse | None:
        return paper_response(obj, result) if result else None


class WithdrawQuote(Verb):
    name = "withdraw"
    label = _("Withdraw")
    permission = WRITE
    dangerous = True

    def is_available(self, actor: Actor, obj: Quote) -> bool:
        return obj.state in OPEN

    def explain(self, actor: Actor, obj: Quote) -> list[Any]:
        return [_now("Nobody can accept it any more; its link asks to write to you.")]

    def perform(self, actor: Actor, obj: Quote, data: dict[str, Any], key: str) -> Any:
        return services.withdraw_quote(actor, quote_id=obj.pk)


def paper_response(quote: Quote, paper: bytes) -> HttpResponse:
    """The PDF as a response that no cache between keeps."""
    response = HttpResponse(paper, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{quote.number}.pdf"'
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
