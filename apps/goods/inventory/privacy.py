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
personal(
    "inventory.stockalert", "acknowledged_by_label", "note", "resolved_by_label", "resolution",
    title=_("Who took care of low stock"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
personal(
    "inventory.lot", "note", "state_reason",
    title=_("Notes on lots and serial numbers"),
    erasure=Kept(_("Whom a recalled lot reached must be found for years."), years=10),
)  # fmt: skip
impersonal(
    "inventory.lot", "code", "supplier", because="what stands on the goods, and which company made them"
)
impersonal("inventory.stockflow", "reason", because="the kind of movement")
impersonal("inventory.tracking", "mode", because="how goods are told apart")
impersonal("inventory.allocationpolicy", "channel", "way", "split", "places", because="a way of reckoning")
impersonal(
    "inventory.placesite", "country", "region", "postcode", because="where a location of the business lies"
)
impersonal("inventory.reservation", "why", because="why goods are taken from a location, in figures")
impersonal("inventory.stockrules", "valuation", because="a way of reckoning")
impersonal("inventory.adjustment", "number", because="a running number")
impersonal("inventory.stockmovement", "reason_code", "reference_type", because="the kind of movement")
impersonal("inventory.reservation", "owner_type", because="the kind of what it is kept for")
