"""Where things are sold, as orders name it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

CHANNELS = {
    "counter": _("Counter"),
    "storefront": _("Web store"),
    "link": _("Link"),
    "wholesale": _("Wholesale"),
    "marketplace": _("Marketplace"),
    "api": _("API"),
}
