"""What staff do with gift cards and store credit: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.pages import render_page
from apps.platform.backoffice.verbs import Verb

from . import policies, services
from .forms import BlockForm, CorrectForm, IssueForm, RenewForm, SellForm, TopUpForm
from .models import AccountKind, CreditAccount
from .selectors import why_unusable


class _ShowsCode(Verb):
    """A verb whose result may have a code: it is shown at once and never again."""

    def answer(self, request: HttpRequest, obj: Any, result: Any) -> HttpResponse | None:
        code = getattr(result, "shown_code", "")
        if not code:
            return None
        url = reverse("admin:credit_creditaccount_change", args=[result.pk])
        context = {"title": str(result), "account": result, "code": code, "back_url": url}
        response = render_page(request, "credit/code.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:credit_creditaccount_change", args=[result.pk])


class IssueCredit(_ShowsCode):
    name = "issue"
    label = _("Give credit")
    permission = policies.ISSUE
    icon = "redeem"
    form_class = IssueForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now("Nobody pays for it: the books count it as given away, and you owe it until it is spent."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.issue_credit(actor, key=key, **data)

    def success(self, obj: Any, result: Any) -> Any:
        amount = format_amount(result.balance, result.currency)
        return _now("%(amount)s is on it now.") % {"amount": amount}


class SellAsGiftCard(Verb):
    name = "sell"
    label = _("Sell as gift card")
    permission = policies.SELL
    icon = "card_giftcard"
    form_class = SellForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _now(
                "Make a product with a variant for each amount: not taxed, stock not counted. Name its SKU here."
            )
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.sell_as_gift_card(actor, **data)

    def success(self, obj: Any, result: Any) -> Any:
        if result is None:
            return _now("It is an ordinary product again. Cards that were sold stay good.")
        return _now("From now on each paid piece becomes a gift card.")


class CorrectCredit(Verb):
    name = "correct"
    label = _("Correct")
    permission = policies.CORRECT
    icon = "edit"
    form_class = CorrectForm

    def explain(self, actor: Actor, obj: CreditAccount) -> list[Any]:
        amount = format_amount(obj.balance, obj.currency)
        return [
            _now("There is %(amount)s on it.") % {"amount": amount},
            _now("The change stands in its ledger with your name, and in the books."),
        ]

    def perform(self, actor: Actor, obj: CreditAccount, data: dict[str, Any], key: str) -> Any:
        return services.correct_credit(actor, account_id=obj.pk, key=key, **data)

    def success(self, obj: CreditAccount, result: Any) -> Any:
        amount = format_amount(result.balance, result.currency)
        return _now("%(amount)s is on it now.") % {"amount": amount}


class TopUpCard(Verb):
    name = "top-up"
    label = _("Top up")
    permission = policies.TOP_UP
    icon = "add_card"
    form_class = TopUpForm

    def is_available(self, actor: Actor, obj: CreditAccount) -> bool:
        return obj.kind == AccountKind.GIFT_CARD and not why_unusable(obj)

    def explain(self, actor: Actor, obj: CreditAccount) -> list[Any]:
        amount = format_amount(obj.balance, obj.currency)
        return [
            _now("There is %(amount)s on it.") % {"amount": amount},
            _now("What was paid is put on it and owed to whoever holds it; it is no sale until it is spent."),
        ]

    def perform(self, actor: Actor, obj: CreditAccount, data: dict[str, Any], key: str) -> Any:
        return services.top_up_card(actor, account_id=obj.pk, key=key, **data)

    def success(self, obj: CreditAccount, result: Any) -> Any:
        amount = format_amount(result.balance, result.currency)
        return _now("%(amount)s is on it now.") % {"amount": amount}


class BlockCredit(Verb):
    name = "block"
    label = _("Block")
    permission = policies.BLOCK
    dangerous = True
    form_class = BlockForm

    def is_available(self, actor: Actor, obj: CreditAccount) -> bool:
        return obj.blocked_at is None

    def explain(self, actor: Actor, obj: CreditAccount) -> list[Any]:
        return [
            _now(
                "Nobody can spend it until you unblock it. What is on it stays, and does not expire meanwhile."
            )
        ]

    def perform(self, actor: Actor, obj: CreditAccount, data: dict[str, Any], key: str) -> Any:
        return services.block_credit(actor, account_id=obj.pk, **data)

    def success(self, obj: CreditAccount, result: Any) -> Any:
        return _now("It is blocked.")


class UnblockCredit(Verb):
    name = "unblock"
    label = _("Unblock")
    permission = policies.BLOCK
    icon = "lock_open"

    def is_available(self, actor: Actor, obj: CreditAccount) -> bool:
        return obj.blocked_at is not None

    def explain(self, actor: Actor, obj: CreditAccount) -> list[Any]:
        return [_now("It can be spent again, by the code it has.")]

    def perform(self, actor: Actor, obj: CreditAccount, data: dict[str, Any], key: str) -> Any:
        return services.unblock_credit(actor, account_id=obj.pk)

    def success(self, obj: CreditAccount, result: Any) -> Any:
        return _now("It can be spent again.")


class RenewCode(_ShowsCode):
    name = "new-code"
    label = _("New code")
    permission = policies.BLOCK
    icon = "autorenew"
    form_class = RenewForm

    def initial(self, actor: Actor, obj: CreditAccount) -> dict[str, Any]:
        return {"recipient_email": obj.recipient_email}

    def explain(self, actor: Actor, obj: CreditAccount) -> list[Any]:
        return [
            _now("For a code that was lost or told to others: the old one is worth nothing from now on."),
        ]

    def perform(self, actor: Actor, obj: CreditAccount, data: dict[str, Any], key: str) -> Any:
        return services.renew_code(actor, account_id=obj.pk, key=key, **data)

    def success(self, obj: CreditAccount, result: Any) -> Any:
        return _now("It has a new code.")
