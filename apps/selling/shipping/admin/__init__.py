"""The back office's pages of delivery."""

from . import carriers, desk, goods, labels, packages, packing, picking, rates, shipments, zones  # noqa: F401  (register)
