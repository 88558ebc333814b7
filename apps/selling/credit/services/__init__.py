"""Every write of gift cards and store credit."""

from .choosing import choose_credit, drop_credit, forget_choices
from .expiring import expire_credit
from .issuing import give_store_credit, issue_credit, make_card
from .keeping import block_credit, correct_credit, renew_code, sell_as_gift_card, top_up_card, unblock_credit
from .moving import give_back, hold, pay_out, redeem, take_back_cards

__all__ = [
    "block_credit",
    "choose_credit",
    "correct_credit",
    "drop_credit",
    "expire_credit",
    "forget_choices",
    "give_back",
    "give_store_credit",
    "hold",
    "issue_credit",
    "make_card",
    "pay_out",
    "redeem",
    "renew_code",
    "sell_as_gift_card",
    "take_back_cards",
    "top_up_card",
    "unblock_credit",
]
