"""Rates, zones and packages tell of nobody."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Anonymised, Kept, impersonal, personal

impersonal(
    "shipping.shippingrate",
    "name",
    "countries",
    "measure",
    "steps",
    "surcharges",
    "carrier_service",
    because="ways to send and their prices",
)
impersonal("shipping.deliveryzone", "name", "countries", "regions", "postcodes", because="parts of the world")
impersonal(
    "shipping.shippingitem", "shipping_class", "hs_code", "origin", "customs_text", because="what goods are"
)
impersonal("shipping.package", "name", because="boxes")
impersonal(
    "shipping.carrieraccount", "carrier", "settings", because="the business's own account at a carrier"
)
impersonal(
    "shipping.carrieranswer",
    "question",
    "services",
    "problem",
    because="what parcels cost; of where they go there is a digest of country, region and postcode",
)
personal(
    "shipping.shipment", "tracking_url", "problem", "label_waiting",
    title=_("Labels"),
    of={"customer": lambda person: Q(order__customer_id=person.id)},
    erasure=Anonymised({"tracking_url": "", "problem": "", "label_waiting": None}),
)  # fmt: skip
impersonal(
    "shipping.shipment",
    "carrier",
    "service",
    "service_name",
    "carrier_ref",
    "tracking_number",
    "price_currency",
    because="names a carrier, its service or its own number of a parcel that leads to nobody once the order is emptied",
)
personal(
    "shipping.shipmentevent", "text", "place",
    title=_("What carriers said of parcels"),
    of={"customer": lambda person: Q(shipment__order__customer_id=person.id)},
    erasure=Kept(_("A parcel that was lost is claimed years later."), years=3),
)  # fmt: skip
personal(
    "shipping.picklist", "opened_by_label", "picked_by_label",
    title=_("Who picked orders"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
impersonal("shipping.picklist", "number", because="names a list")
