"""Purchasing in the back office; each module registers its own pages."""

from . import order_pages, receipt_pages, reorder_pages, report_pages, supplier_pages, variant_pages

__all__ = ["order_pages", "receipt_pages", "reorder_pages", "report_pages", "supplier_pages", "variant_pages"]

# Reordering's button stands on the supplier's page, which it builds upon.
supplier_pages.SupplierAdmin.verbs = [reorder_pages.DraftProposals, *supplier_pages.SupplierAdmin.verbs]
