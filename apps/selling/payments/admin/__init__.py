"""The back office's pages of payments: what came, what went back, what does not fit, how buyers may pay."""

from . import discrepancies, messages, methods, payments, refunds, setup, waiting  # noqa: F401  (registers)
