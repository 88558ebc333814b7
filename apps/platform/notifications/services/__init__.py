"""Queueing messages, sending what is due, and choosing by whom."""

from .channels import choose_provider, queue_test
from .devices import forget_device, queue_device_test, queue_push, remember_device
from .queueing import queue_account_email, queue_email, queue_message, send_again
from .sending import claim_message, record_outcome, send_message
from .suppressing import allow_address, stop_address, suppress, unsubscribe
from .webhooks import answer_greeting, receive_news
from .wordings import forget_wording, preview_wording, queue_worded, queue_wording_test, save_wording

__all__ = [
    "allow_address",
    "answer_greeting",
    "choose_provider",
    "claim_message",
    "forget_device",
    "forget_wording",
    "preview_wording",
    "queue_account_email",
    "queue_device_test",
    "queue_email",
    "queue_message",
    "queue_push",
    "queue_test",
    "queue_worded",
    "queue_wording_test",
    "receive_news",
    "record_outcome",
    "remember_device",
    "save_wording",
    "send_again",
    "send_message",
    "stop_address",
    "suppress",
    "unsubscribe",
]
