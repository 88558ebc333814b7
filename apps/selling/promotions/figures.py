"""What a test of promotions found: its versions beside each other, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext as _

from apps.kernel.money import ZERO

from .models import PromotionTest, TestArm, TestBuyer, TestOrder
from .trials import Difference, Share, difference_of, share_of


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One version: who came, who ordered, and what came of it. Orders that came to nothing do not count."""

    arm: TestArm
    buyers: int
    ordered: int
    orders: int
    revenue: Decimal
    discount: Decimal

    @property
    def share(self) -> Share | None:
        """The share of buyers who ordered; None without buyers."""
        return share_of(self.ordered, self.buyers)


def figures_of(test: PromotionTest) -> list[ArmFigures]:
    """The versions of a test in their order; one query."""
    kept = Q(released_at=None)
    of_arm = TestOrder.objects.filter(kept, arm=OuterRef("pk")).order_by().values("arm")
    buyers = TestBuyer.objects.filter(arm=OuterRef("pk")).order_by().values("arm")
    arms = (
        TestArm.objects.filter(test=test)
        .select_related("promotion")
        .annotate(
            came=Subquery(buyers.annotate(n=Count("pk")).values("n")),
            ordered=Subquery(of_arm.annotate(n=Count("buyer", distinct=True)).values("n")),
            placed=Subquery(of_arm.annotate(n=Count("pk")).values("n")),
            revenue=Subquery(of_arm.annotate(n=Sum("revenue")).values("n")),
            given=Subquery(of_arm.annotate(n=Sum("discount")).values("n")),
        )
    )
    return [
        ArmFigures(
            arm, arm.came or 0, arm.ordered or 0, arm.placed or 0, arm.revenue or ZERO, arm.given or ZERO
        )
        for arm in arms.order_by("position")
    ]


def say_result(figures: list[ArmFigures]) -> list[str]:
    """The versions compared with the first, in plain words: what is known, and what may be chance."""
    first, said = figures[0], []
    for other in figures[1:]:
        a, b = first.share, other.share
        if a is None or b is None:
            continue
        found = difference_of(a, b)
        facts = {
            "first": str(first.arm), "other": str(other.arm), "by": _more(found.by), "low": _points(found.low),
            "high": _points(found.high),
        }  # fmt: skip
        said.append(_say(found) % facts)
    return said or [_("Nobody has been quoted yet: there is nothing to compare.")]


def _say(found: Difference) -> str:
    if not found.is_clear:
        return _(
            "With “%(other)s”, %(by)s ordered than with “%(first)s”, and the truth may be anything from %(low)s to "
            "%(high)s points: so far this may be chance."
        )
    return _(
        "With “%(other)s”, %(by)s ordered than with “%(first)s”; the truth lies between %(low)s and %(high)s points in "
        "95 of 100 such tests. Chance alone hardly makes that."
    )


def _more(by: float) -> str:
    """“6.4 of 100 buyers fewer”: a sign in the middle of a sentence is overlooked."""
    facts = {"points": f"{abs(by) * 100:.1f}"}
    if by < 0:
        return _("%(points)s of 100 buyers fewer") % facts
    return _("%(points)s of 100 buyers more") % facts


def _points(share: float) -> str:
    return f"{share * 100:+.1f}".replace("-", "\u2212")
