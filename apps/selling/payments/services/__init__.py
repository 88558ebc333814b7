"""Every write of payments."""

from .accounts import rotate_webhook_secret
from .attempts import Redirect, refresh_attempt, refresh_payment, start_attempt
from .by_hand import record_payout, take_by_hand
from .closing import cancel_payment, cancel_payments_of, expire_payment
from .credentials import offer_provider, set_up_provider, try_connection
from .discrepancies import resolve_discrepancy
from .refunds import request_refund, retry_refund, send_refund
from .requesting import Owner, request_payment
from .taking import take_payment, warn_of_lapse
from .webhooks import receive_webhook, replay_message

__all__ = [
    "Owner",
    "Redirect",
    "cancel_payment",
    "cancel_payments_of",
    "expire_payment",
    "offer_provider",
    "receive_webhook",
    "record_payout",
    "refresh_attempt",
    "refresh_payment",
    "replay_message",
    "request_payment",
    "request_refund",
    "resolve_discrepancy",
    "retry_refund",
    "rotate_webhook_secret",
    "send_refund",
    "set_up_provider",
    "start_attempt",
    "take_by_hand",
    "take_payment",
    "try_connection",
    "warn_of_lapse",
]
