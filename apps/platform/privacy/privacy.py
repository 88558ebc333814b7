"""This app's own rows, and those of the kernel that no other app declares."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

personal(
    "privacy.erasedperson", "reason", "by_label",
    title=_("Proof of the erasure"),
    of={"customer": lambda person: Q(person_id=person.id), "user": lambda person: Q(person_id=person.id)},
    erasure=Kept(_("The business must be able to prove that it erased.")),
)  # fmt: skip
impersonal("privacy.erasedperson", "person_kind", "result", because="counts of rows")
impersonal("privacy.personexport", "person_kind", "file", because="an id; the file ends after a week")

impersonal(
    "kernel.idempotencykey", "service", "key", "fingerprint", "result", because="references; dropped after a week"
)  # fmt: skip
_FACT = "ids, amounts and states: events name no people, a test looks"
impersonal("kernel.outboxevent", "name", "owner", "payload", "request_id", because=_FACT)
personal(
    "kernel.outboxevent", "actor_label",
    title=_("Who caused events"),
    erasure=Kept(_("Who did what is part of the business's record.")),
)  # fmt: skip
impersonal(
    "kernel.delivery",
    "subscriber",
    "owner",
    "last_error",
    because="which subscriber, and what went wrong in it",
)
impersonal("kernel.dispatchround", "delivery_ids", because="numbers of deliveries")
impersonal("kernel.ratecount", "key", because="a digest of who asked, for the hour it counts")
impersonal(
    "kernel.remembered",
    "key",
    "value",
    because="digests; when somebody came, or that a code was used, for minutes",
)
impersonal("kernel.circuitstate", "name", because="names of companies on the other end of a line")
impersonal("kernel.seriescounter", "name", because="names of number series")
