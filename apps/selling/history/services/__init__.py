"""Every write of sales of the past."""

from .importing import import_papers
from .withdrawing import withdraw_parts

__all__ = ["import_papers", "withdraw_parts"]
