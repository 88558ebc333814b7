"""How the back office looks: the theme's settings. No models here; the project settings import it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _


def site_header(request: HttpRequest) -> str:
    """The name of the active business, or the product's."""
    business = getattr(request, "business", None)
    return business.name if business else "MoniDesk"


def store_url(request: HttpRequest) -> str | None:
    """The business's own store, behind "View site"."""
    business = getattr(request, "business", None)
    return f"/store/{business.slug}/" if business and business.trade != "buyer" else None


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "MoniDesk",
    "SITE_HEADER": site_header,
    "SITE_URL": store_url,
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/mark.svg")},
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "STYLES": [
        lambda request: static("css/tokens.css"),
        lambda request: static("backoffice/backoffice.css"),
    ],
    "SCRIPTS": [lambda request: static("backoffice/backoffice.js")],
    # Greys lean a little to the accent, so that paper, lines and green belong together.
    "COLORS": {
        "base": {
            "50": "oklch(98.4% .004 165)",
            "100": "oklch(96.2% .006 165)",
            "200": "oklch(91.2% .008 165)",
            "300": "oklch(85.5% .01 165)",
            "400": "oklch(66% .014 165)",
            "500": "oklch(51% .016 165)",
            "600": "oklch(43% .018 165)",
            "700": "oklch(36% .018 165)",
            "800": "oklch(27% .016 165)",
            "900": "oklch(20% .013 165)",
            "950": "oklch(15.5% .012 165)",
        },
        "primary": {
            "50": "oklch(97.5% .018 160)",
            "100": "oklch(94.5% .035 160)",
            "200": "oklch(89.5% .06 160)",
            "300": "oklch(82% .095 160)",
            "400": "oklch(74% .125 160)",
            "500": "oklch(66% .13 160)",
            "600": "oklch(48% .12 160)",
            "700": "oklch(41% .1 160)",
            "800": "oklch(35% .085 160)",
            "900": "oklch(30% .07 160)",
            "950": "oklch(22% .05 160)",
        },
    },
    "COMMAND": {"search_models": False, "search_callback": "apps.platform.backoffice.search.command_results"},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "apps.platform.backoffice.nav.sidebar",
    },
    "ACCOUNT": {"navigation": "apps.platform.backoffice.nav.account_links"},
}

# Said to screen readers and in the command field.
SEARCH_PLACEHOLDER = _("Search or jump to…")
