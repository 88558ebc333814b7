"""The back office's pages of delivery."""

from . import carriers, desk, labels, packages, packing, picking, rates, shipments, zones  # noqa: F401  (register)
