"""Jobs know the product's own work; who runs the platform is named where a hand was in it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

_PROOF = _(
    "It proves who of the platform's administrators did it, and goes with the record after thirty days."
)

personal("jobs.jobrun", "asked_by", title=_("Jobs started by hand"), erasure=Kept(_PROOF))
impersonal(
    "jobs.jobrun",
    "job",
    "task",
    "result",
    "error",
    because="the product's own work; errors are scrubbed",
)
personal("jobs.deadtask", "settled_by", title=_("Tasks that were settled"), erasure=Kept(_PROOF))
impersonal(
    "jobs.deadtask", "fingerprint", "task", "task_id", "args", "kwargs", "error",
    because="ids only: what could name somebody is struck out before it is written",
)  # fmt: skip
impersonal("jobs.redelivery", "task_id", because="the number of a task")
