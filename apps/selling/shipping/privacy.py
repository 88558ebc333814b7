"""Rates tell of nobody."""

from apps.kernel.privacy import impersonal

impersonal("shipping.shippingrate", "name", "countries", because="ways to send and their prices")
