"""What of the store pages can be switched off."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from apps.platform.flags.registry import Flag, declare

SIMILAR_WORDS = declare(
    Flag(
        "storefront.similar_words",
        does=_(
            "A store's search that found nothing looks for similar words. It is the dearest question a visitor "
            "can ask: switch it off while the database is under load."
        ),
        owner="storefront",
        until=dt.date(2027, 12, 31),
        is_on_by_default=True,
    )
)
