"""What buyers say when they send something back."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Anonymised, Person, impersonal, personal, records_of

from .models import GoodsReturn

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


@records_of("customer")
def returns(person: Person) -> Iterator[tuple[str, UUID]]:
    """Her returns: she may have sent pictures with them."""
    ids = GoodsReturn.objects.filter(order__customer_id=person.id).values_list("pk", flat=True)
    for return_id in ids:
        yield "returns.goodsreturn", return_id
