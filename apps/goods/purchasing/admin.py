"""Purchasing in the back office; each module registers its own pages."""

from . import supplier_pages

__all__ = ["supplier_pages"]
