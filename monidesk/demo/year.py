"""Making one demo business with its past."""

from __future__ import annotations

import datetime as dt
import gc
import random

from django.conf import settings
from django.db import connection

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from monidesk.demo import backroom, wardrobe
from monidesk.demo.furnish import furnish
from monidesk.demo.payments import company_in_this_process
from monidesk.demo.shops import Shop
from monidesk.demo.trade import Trade


def make_past(shop: Shop, days: int, seed: int) -> tuple[Business, int]:
    """Make a demo business with so many days of trade until now; returns it and how many orders it had.

    One seed is one year: what happens depends on seed, shop and today's date alone. No worker is woken, and the
    mails of the past count as sent.
    """
    chooser = random.Random(f"{seed}:{shop.slug}")
    today = clock.today(shop.time_zone)
    opened = dt.datetime.combine(today - dt.timedelta(days=days), dt.time(5), tzinfo=dt.UTC)
    wake, settings.OUTBOX_WAKE = settings.OUTBOX_WAKE, False
    try:
        with company_in_this_process():
            furnished = furnish(shop, opened, chooser)
            orders = Trade(shop, furnished, today, days, chooser).run()
            with tenancy.bind(furnished.business.pk):
                actor = Actor.system("demo", furnished.business.pk)
                backroom.fill(actor, shop, furnished)
                wardrobe.fill(actor)
    finally:
        settings.OUTBOX_WAKE = wake
    # A year of old mails must not go out when the worker starts.
    with tenancy.bind(furnished.business.pk):
        Message.objects.filter(state="queued").update(state="sent", sent_at=clock.now())
    return furnished.business, orders


def hurry() -> None:
    """Make this process write fast, for as long as it lives: a fill that is cut off is made again from the start.

    Commits do not wait for the disk, statements that come again and again are planned once, and the collector of
    garbage looks less often.
    """
    connection.close()
    connection.settings_dict["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 3}
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET plan_cache_mode = force_generic_plan")
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
