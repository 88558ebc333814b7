"""Stock tells of goods, and of who moved them."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

personal(
    "inventory.stockmovement", "note", "actor_label",
    title=_("Who moved stock"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
personal(
    "inventory.adjustment", "note", "requested_by_label", "decided_by_label", "decision",
    title=_("Who asked for and approved adjustments"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
impersonal("inventory.adjustment", "number", because="a running number")
impersonal("inventory.stockmovement", "reason_code", "reference_type", because="the kind of movement")
impersonal("inventory.reservation", "owner_type", because="the kind of what it is kept for")
