"""Every write of delivery."""

from .packages import add_package, change_package, use_package
from .rates import LONGEST_DELIVERY_DAYS, add_rate, change_rate, create_default_rates, use_rate
from .zones import add_zone, change_zone, remove_zone

__all__ = [
    "LONGEST_DELIVERY_DAYS",
    "add_package",
    "add_rate",
    "add_zone",
    "change_package",
    "change_rate",
    "change_zone",
    "create_default_rates",
    "remove_zone",
    "use_package",
    "use_rate",
]
