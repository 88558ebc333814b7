"""Who may see and change customers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.permissions import declare

READ = declare("customers.read", _("See customers"))
WRITE = declare("customers.write", _("Add and change customers"))


def can_record(actor: Actor) -> bool:
    """Visitors leave their own details when they order; staff need the permission."""
    return actor.kind in {"guest", "customer"} or actor.may(WRITE)
