"""The ways in which orders come: the one list that prices, promotions, stock and orders name them by."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    COUNTER = "counter", _("Counter")
    STOREFRONT = "storefront", _("Web store")
    LINK = "link", _("Link")
    WHOLESALE = "wholesale", _("Wholesale")
    MARKETPLACE = "marketplace", _("Marketplace")
    API = "api", _("API")
