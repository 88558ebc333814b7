"""The warehouse tells of goods, and of who moved and counted them."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

_KEPT = Kept(_("Who did what is part of the business's record."), years=10)
personal(
    "warehouse.transfer",
    "note",
    "requested_by_label",
    "approved_by_label",
    title=_("Who asked for goods"),
    erasure=_KEPT,
)
personal("warehouse.transferstep", "note", "actor_label", title=_("Who moved goods"), erasure=_KEPT)
personal(
    "warehouse.stockcount", "note", "opened_by_label", "finished_by_label", "decided_by_label",
    title=_("Who counted and approved"), erasure=_KEPT,
)  # fmt: skip
personal("warehouse.countscan", "actor_label", title=_("Who counted"), erasure=_KEPT)
impersonal("warehouse.stockcount", "number", because="a running number")
impersonal("warehouse.countscan", "key", because="a number made by the counting device")
impersonal("warehouse.transfer", "number", because="a running number")
impersonal("warehouse.transfer", "approval", because="whether it was approved")
impersonal("warehouse.transferrules", "approval", because="a rule of the business")
