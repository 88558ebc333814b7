"""The back office's pages of delivery."""

from . import packages, rates, zones  # noqa: F401  (register their pages)
