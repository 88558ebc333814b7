"""Every write of invoicing: issuing papers and keeping their one rendering."""

from .issuing import issue_credit_note, issue_invoice, issue_receipt
from .keeping import DamagedDocument, keep_rendering, read_document

__all__ = [
    "DamagedDocument",
    "issue_credit_note",
    "issue_invoice",
    "issue_receipt",
    "keep_rendering",
    "read_document",
]
