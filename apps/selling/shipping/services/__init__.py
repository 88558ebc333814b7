"""Every write of delivery."""

from .asking import ask_carriers, forget_answers, visitor_of
from .couriers import read_courier_states, write_courier_list
from .credentials import missing_settings, set_up_carrier, try_connection, use_carrier
from .following import follow_shipment, record_tracking
from .goods import GoodsDraft, describe_goods
from .labels import buy_label, keep_waiting_label, quote_rates, settle_asked, void_label
from .packages import add_package, change_package, use_package
from .parts import change_package_part, change_rate_part, change_zone_part
from .picking import cancel_picking, finish_picking, open_pick_list, pack_order, send_packed
from .rates import LONGEST_DELIVERY_DAYS, CarrierPrice, add_rate, change_rate, create_default_rates, use_rate
from .recording import ParcelDraft, print_label
from .zones import add_zone, change_zone, remove_zone

__all__ = [
    "LONGEST_DELIVERY_DAYS",
    "CarrierPrice",
    "GoodsDraft",
    "ParcelDraft",
    "add_package",
    "add_rate",
    "add_zone",
    "ask_carriers",
    "buy_label",
    "cancel_picking",
    "change_package",
    "change_package_part",
    "change_rate",
    "change_rate_part",
    "change_zone",
    "change_zone_part",
    "create_default_rates",
    "describe_goods",
    "finish_picking",
    "follow_shipment",
    "forget_answers",
    "keep_waiting_label",
    "missing_settings",
    "open_pick_list",
    "pack_order",
    "print_label",
    "quote_rates",
    "read_courier_states",
    "record_tracking",
    "remove_zone",
    "send_packed",
    "set_up_carrier",
    "settle_asked",
    "try_connection",
    "use_carrier",
    "use_package",
    "use_rate",
    "visitor_of",
    "void_label",
    "write_courier_list",
]
