"""The back office's pages of delivery."""

from . import (  # noqa: F401  (register)
    calculator,
    carriers,
    desk,
    goods,
    labels,
    packages,
    packing,
    picking,
    rates,
    shipments,
    zones,
)
