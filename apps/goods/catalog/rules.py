"""Rules of collections: what each may ask of a product, checked when it is saved and asked of the database when read.

A rule becomes a condition of one query, so a collection by rules is never stale. What another app knows (whether a
product is in stock) that app offers by `offer`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import Q, Subquery, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.drafts import LARGEST_PRICE
from apps.goods.catalog.models import Brand, Category
from apps.goods.catalog.text import clean_text, fold
from apps.kernel import clock
from apps.kernel.errors import InvalidInput

MOST_RULES = 20
MOST_DAYS = 3650


@dataclass(frozen=True)
class Question:
    """One kind of rule: `check` cleans a value or raises `InvalidInput`; `condition` asks it of a product."""

    label: Any
    check: Callable[[Any], str]
    condition: Callable[[str], Q]


def rule_error(words: str) -> InvalidInput:
    """The refusal of a rule."""
    return InvalidInput(fields={"rules": [words]})


def _text(value: Any) -> str:
    text = clean_text(str(value), "rules", 255)
    if not text:
        raise rule_error(_now("A rule needs a value."))
    return text


def _amount(value: Any) -> str:
    try:
        amount = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= LARGEST_PRICE:
        raise rule_error(_now("“%(value)s” is not a price.") % {"value": str(value)[:40]})
    return f"{amount:f}"


def _days(value: Any) -> str:
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST_DAYS):
        raise rule_error(_now("Use a number of days from 1 to %(most)s.") % {"most": MOST_DAYS})
    return str(int(text))


def _row_of(model: Any) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        try:
            pk = UUID(str(value))
        except ValueError:
            pk = None
        if pk is None or not model.objects.filter(pk=pk).exists():
            raise rule_error(_now("Choose a value from the list."))
        return str(pk)

    return check


def _in_title(value: str) -> Q:
    # The folded words have an index of trigrams; the title itself decides.
    return Q(search_text__contains=fold(value)) & Q(title__icontains=value)


def below(category_id: UUID) -> Q:
    """Products in a category or anywhere below it."""
    path = Subquery(Category.objects.filter(pk=category_id).values("path")[:1])
    branch = Category.objects.alias(root=path).filter(
        Q(pk=category_id) | Q(path__startswith=Concat("root", Value("/")))
    )
    return Q(category__in=branch.values("pk"))


QUESTIONS: dict[str, Question] = {
    "title": Question(_("Title contains"), _text, _in_title),
    "brand": Question(_("Brand is"), _row_of(Brand), lambda value: Q(brand_id=UUID(value))),
    "category": Question(
        _("Category is, or lies below"), _row_of(Category), lambda value: below(UUID(value))
    ),
    "tag": Question(_("Has the tag"), _text, lambda value: Q(tags__contains=[value])),
    "price_below": Question(_("Price is below"), _amount, lambda value: Q(min_price__lt=Decimal(value))),
    "price_above": Question(_("Price is above"), _amount, lambda value: Q(max_price__gt=Decimal(value))),
    "created_within": Question(
        _("Added within the last days"),
        _days,
        lambda value: Q(created_at__gte=clock.now() - dt.timedelta(days=int(value))),
    ),
}


def offer(name: str, label: Any, condition: Callable[[], Q]) -> None:
    """A question that another app answers; its value is always "yes"."""
    QUESTIONS[name] = Question(label, lambda value: "yes", lambda value: condition())


def check_rules(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The rules, cleaned; raises `InvalidInput` for none, too many, or one that cannot be asked."""
    if not rules:
        raise rule_error(_now("Add at least one rule: none would mean the whole shop."))
    if len(rules) > MOST_RULES:
        raise rule_error(_now("Use at most %(most)s rules.") % {"most": MOST_RULES})
    cleaned = []
    for rule in rules:
        question = QUESTIONS.get(str(rule.get("field", "")))
        if question is None:
            raise rule_error(_now("Choose what each rule asks."))
        cleaned.append({"field": str(rule["field"]), "value": question.check(rule.get("value", ""))})
    return cleaned


def condition_of(rules: Sequence[Mapping[str, str]], match: str) -> Q:
    """What a product must meet. A kind of rule that nobody offers any more is met by nothing."""
    nothing = Q(pk__in=[])
    whole: Q | None = None
    for rule in rules:
        question = QUESTIONS.get(rule["field"])
        part = question.condition(rule["value"]) if question is not None else nothing
        whole = part if whole is None else (whole | part if match == "any" else whole & part)
    return nothing if whole is None else whole
