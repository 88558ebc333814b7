"""Clothes tell of nobody; who measured a sample is a name."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

_GOODS = "goods, described for everybody to read"
impersonal("garments.sizescale", "name", "sizes", because=_GOODS)
impersonal("garments.colour", "name", "hex", "names", "swatch_path", because=_GOODS)
impersonal("garments.style", "number", "name", because=_GOODS)
impersonal("garments.sizechart", "name", "regions", "measures", "rows", because=_GOODS)
impersonal("garments.garment", "composition", "care", "measured_sizes", because=_GOODS)
impersonal("garments.measurepoint", "name", "values", because=_GOODS)
impersonal("garments.samplecheck", "size", "results", "note", because="how a piece was measured")
personal(
    "garments.samplecheck", "actor_label",
    title=_("Who measured samples"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
