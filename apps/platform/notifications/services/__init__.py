"""Queueing messages, sending what is due, and choosing by whom."""

from .channels import choose_provider, queue_test
from .queueing import queue_account_email, queue_email, queue_message, send_again
from .sending import claim_message, record_outcome, send_message
from .suppressing import allow_address, stop_address, suppress, unsubscribe
from .webhooks import receive_news
from .wordings import forget_wording, preview_wording, queue_worded, queue_wording_test, save_wording

__all__ = [
    "allow_address",
    "choose_provider",
    "claim_message",
    "forget_wording",
    "preview_wording",
    "queue_account_email",
    "queue_email",
    "queue_message",
    "queue_test",
    "queue_worded",
    "queue_wording_test",
    "receive_news",
    "record_outcome",
    "save_wording",
    "send_again",
    "send_message",
    "stop_address",
    "suppress",
    "unsubscribe",
]
