"""Queueing messages, sending what is due, and choosing by whom."""

from .channels import choose_provider, queue_test
from .queueing import queue_account_email, queue_email, queue_message, send_again
from .sending import claim_message, record_outcome, send_message
from .suppressing import allow_address, stop_address, suppress, unsubscribe
from .webhooks import receive_news

__all__ = [
    "allow_address",
    "choose_provider",
    "claim_message",
    "queue_account_email",
    "queue_email",
    "queue_message",
    "queue_test",
    "receive_news",
    "record_outcome",
    "send_again",
    "send_message",
    "stop_address",
    "suppress",
    "unsubscribe",
]
