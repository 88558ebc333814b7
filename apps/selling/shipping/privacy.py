"""Rates, zones and packages tell of nobody."""

from apps.kernel.privacy import impersonal

impersonal(
    "shipping.shippingrate", "name", "countries", "measure", "steps", because="ways to send and their prices"
)
impersonal("shipping.deliveryzone", "name", "countries", "regions", "postcodes", because="parts of the world")
impersonal("shipping.package", "name", because="boxes")
