"""Who may see and submit carts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.permissions import declare

READ = declare("carts.read", _("See carts"))

LINK = declare("carts.link", _("Make and end links to a checkout"))


def can_shop(actor: Actor) -> bool:
    """Visitors shop for themselves; staff and programs need the permission to place orders."""
    return actor.kind in {"guest", "customer"} or actor.may("orders.place")
