"""Gift cards, store credit and returns in the states that offer each verb."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.kernel import outbox
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.selling.credit.services import block_credit, issue_credit, sell_as_gift_card
from apps.selling.orders.drafts import Contact
from apps.selling.returns.models import GoodsReturn
from apps.selling.returns.services import (
    approve_return,
    receive_return,
    request_return,
    set_return_rules,
    settle_return,
)
from apps.selling.returns.services.asking import WishedLine
from apps.selling.returns.services.receiving import ReceivedLine
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import ADA, lines_of, make_order, pay, ship


def furnish_returns(
    business: Business, actor: Actor, variant: Any, *, marker: str = "Oak", contact: Contact = ADA
) -> None:
    """An order of six of which one waits for an answer, two are to be settled, one is settled; cards of each kind."""
    issue_credit(actor, amount=Decimal(25), reason=f"{marker} prize", recipient_name=f"{marker} winner")
    lost = issue_credit(actor, amount=Decimal(10), reason=f"{marker} gift", recipient_name=f"{marker} aunt")
    block_credit(actor, account_id=lost.pk, reason=f"{marker} lost it")
    gift = make_product(
        business, title=f"{marker} gift card", price="20.00", cost=None,
        variant={"taxable": False, "track_stock": False},
    )  # fmt: skip
    sell_as_gift_card(actor, variant_id=variants_of(gift)[0].pk, months=24)
    set_return_rules(
        actor, accepts=True, window_days=30, offers_exchange=True, offers_credit=True,
        excluded_tags=[f"{marker} final"], instructions=f"{marker} box, please.",
    )  # fmt: skip
    order = ship(pay(make_order(business, lines=[(variant, 6)], contact=contact)))
    line = lines_of(order)[0].pk

    def ask(by: Actor, pieces: int, wish: str) -> GoodsReturn:
        wished = [WishedLine(line, pieces, "size")]
        return request_return(by, order_id=order.pk, lines=wished, wish=wish, note=f"{marker} sleeves")

    ask(Actor.guest(business.pk), 1, "refund")
    approve_return(actor, return_id=ask(Actor.guest(business.pk), 1, "refund").pk, words=f"{marker} words")
    waiting = ask(actor, 2, "store_credit")
    receive_return(actor, return_id=waiting.pk, lines=[ReceivedLine(waiting.lines.get().pk, 1)])
    done = ask(actor, 1, "store_credit")
    receive_return(actor, return_id=done.pk, lines=[ReceivedLine(done.lines.get().pk, 1)])
    settle_return(actor, return_id=done.pk)
    outbox.drain()
