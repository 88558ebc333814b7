"""What buyers say when they send something back."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Anonymised, impersonal, personal

personal(
    "returns.goodsreturn", "note", "words", "decided_by",
    title=_("Returns"),
    of={"customer": lambda person: Q(order_id__in=person.ids_of("orders.order"))},
    erasure=Anonymised({"note": "", "words": "", "decided_by": ""}),
)  # fmt: skip
impersonal("returns.goodsreturn", "number", "state", "wish", because="a return, not who asked for it")
impersonal("returns.returnline", "reason", because="one of a list of reasons")
impersonal("returns.returnsettlement", "how", "problem", "wanted", because="how a return was settled")
impersonal(
    "returns.returnrules", "excluded_tags", "instructions", because="what the shop tells all of its buyers"
)
