"""The pretend company is told what is paid, never by whom."""

from apps.kernel.privacy import impersonal

_PRETEND = "a pretend company's own records: merchants, numbers of orders, amounts"
impersonal(
    "sandboxpay.sandboxsession", "merchant", "merchant_name", "reference", "description", "currency", "return_url",
    "webhook_url", "webhook_secret", because=_PRETEND,
)  # fmt: skip
impersonal("sandboxpay.sandboxrefund", "reference", "reason", because=_PRETEND)
impersonal("sandboxpay.sandboxevent", "event_id", "kind", "body", "last_error", because=_PRETEND)
