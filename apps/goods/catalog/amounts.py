"""How many pieces of a product may be bought at once: from, up to, in steps of. A variant may have its own rule."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.goods.catalog.drafts import checked_count
from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.units import PIECE, amount_words, is_measured
from apps.kernel.errors import InvalidInput

FIELDS = ("order_min", "order_max", "order_step")
LARGEST_MINIMUM = 999
LARGEST_MAXIMUM = 1_000_000


@dataclass(frozen=True, slots=True)
class QuantityRule:
    """A quantity is a multiple of `step`, from `least` and, unless it is None, up to `most`. All in stock units."""

    least: int = 1
    most: int | None = None
    step: int = 1
    unit: str = PIECE

    @property
    def is_plain(self) -> bool:
        """Whether any whole number may be bought."""
        return (self.least, self.most, self.step) == (1, None, 1)

    def allows(self, quantity: int) -> bool:
        """Whether so many may be bought at once."""
        return (
            quantity >= self.least
            and (self.most is None or quantity <= self.most)
            and quantity % self.step == 0
        )

    def fit(self, available: int) -> int:
        """The most that may be bought when no more than `available` can be had; 0 when nothing can."""
        best = min(available, available if self.most is None else self.most)
        best -= best % self.step
        return best if best >= self.least else 0

    def below(self, quantity: int) -> int:
        """The next smaller quantity that may be bought, 0 when there is none: what a minus button means."""
        return self.fit(quantity - 1)

    def above(self, quantity: int) -> int:
        """The next larger quantity that may be bought; the largest one when there is none above."""
        wanted = max(self.least, quantity - quantity % self.step + self.step)
        return wanted if self.most is None else self.fit(min(wanted, self.most))

    def in_packs(self, size: int) -> QuantityRule:
        """The same rule counted in packs of `size`; nothing is allowed by it when no number of packs fits."""
        step = self.step // gcd(self.step, size)
        least = -(-self.least // size)
        least += -least % step
        most = None if self.most is None else self.most // size - self.most // size % step
        return QuantityRule(least, most, step)

    @property
    def words(self) -> str:
        """`Sold from 6 pieces, in steps of 6, up to 60.`; empty when any number may be bought."""
        parts = []
        if is_measured(self.unit):
            return self._words_measured
        if self.least > 1:
            parts.append(ngettext("from %(n)s piece", "from %(n)s pieces", self.least) % {"n": self.least})
        if self.step > 1:
            parts.append(_("in steps of %(n)s") % {"n": self.step})
        if self.most is not None:
            parts.append(_("up to %(n)s at once") % {"n": self.most})
        return _("Sold %(parts)s.") % {"parts": ", ".join(parts)} if parts else ""

    @property
    def _words_measured(self) -> str:
        """`Sold from 100 g, in steps of 50 g.`"""
        parts = []
        if self.least > 1:
            parts.append(_("from %(amount)s") % {"amount": amount_words(self.least, self.unit)})
        if self.step > 1:
            parts.append(_("in steps of %(n)s") % {"n": amount_words(self.step, self.unit)})
        if self.most is not None:
            parts.append(_("up to %(n)s at once") % {"n": amount_words(self.most, self.unit)})
        return _("Sold %(parts)s.") % {"parts": ", ".join(parts)} if parts else ""


def rule_of(thing: Product | Variant) -> QuantityRule:
    """How many of a variant may be bought at once: its own rule, else that of its product."""
    if isinstance(thing, Product):
        return QuantityRule(thing.order_min, thing.order_max, thing.order_step)
    if thing.order_min is not None:
        return QuantityRule(thing.order_min, thing.order_max, thing.order_step or 1, thing.unit)
    product = thing.product
    return QuantityRule(product.order_min, product.order_max, product.order_step, thing.unit)


def checked_own_rule(variant: Variant, values: dict[str, Any]) -> dict[str, Any]:
    """The rule of a variant, whole: none of `FIELDS`, or a smallest quantity and a step; raises `InvalidInput`."""
    said = {name: values.get(name, getattr(variant, name)) for name in FIELDS}
    if all(value is None for value in said.values()):
        return said
    said["order_step"] = said["order_step"] or 1
    said["order_min"] = said["order_min"] or said["order_step"]
    return checked_rule(Product(), said)


def checked_rule(product: Product, values: dict[str, Any]) -> dict[str, Any]:
    """The given ones of `FIELDS`, checked together with what the product has already; raises `InvalidInput`."""
    given = {name: value for name, value in values.items() if name in FIELDS}
    for name, value in given.items():
        if name == "order_max" and value is None:
            continue
        largest = LARGEST_MAXIMUM if name == "order_max" else LARGEST_MINIMUM
        given[name] = checked_count(value, name, largest, least=1)
    least, most, step = (given.get(name, getattr(product, name)) for name in FIELDS)
    if least % step:
        message = _("The smallest quantity must be a multiple of the step: %(step)s, %(next)s …")
        raise InvalidInput(fields={"order_min": [message % {"step": step, "next": 2 * step}]})
    if most is not None and (most < least or most % step):
        message = _("The largest quantity must be at least %(least)s and a multiple of the step %(step)s.")
        raise InvalidInput(fields={"order_max": [message % {"least": least, "step": step}]})
    return given
