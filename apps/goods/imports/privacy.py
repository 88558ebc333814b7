"""What files say of people, and who sent them. A file of products tells of goods; sales and payouts of customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.privacy import Anonymised, Deleted, Kept, Person, Through, hindrance, impersonal, personal

from .models import ImportJob
from .naming import (
    additions_of,
    faults_naming,
    files_that_may_name,
    files_under_way,
    rejected_rows_naming,
)


def _forget(actor: Actor, person: Person, rows: QuerySet[Any]) -> int:
    # The services import models of this app; this module is read while apps are being set up.
    from apps.goods.imports.services import give_up_files

    return give_up_files(actor, rows=rows)


personal(
    "imports.importjob", "actor_label",
    title=_("Who imported"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
personal(
    "imports.batch", "actor_label",
    title=_("Who changed in bulk"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
personal(
    "imports.batch", "undone_by_label",
    title=_("Who undid a bulk change"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
# Faults before rows: they are found by the rows.
personal(
    "imports.importrowerror", "column", "handle", "value", "message",
    title=_("What was wrong with rows of files"),
    of={"customer": faults_naming},
    erasure=Deleted(),
)  # fmt: skip
personal(
    "imports.rejectedrow", "handle", "raw",
    title=_("Rows of files that were not imported"),
    of={"customer": rejected_rows_naming},
    erasure=Deleted(),
)  # fmt: skip
# A file is not taken apart: it holds other people's rows too, so nothing of it is handed out, and all of it goes.
personal(
    "imports.importjob", "file", "samples", "sample",
    title=_("Uploaded files of customers"),
    of={"customer": files_that_may_name},
    erasure=Through(_forget, "anonymised"),
    hidden=(
        "file", "file_size", "sha256", "samples", "sample", "headings", "mapping", "defaults", "rules", "reasons",
        "failure", "actor_label", "actor_user_id", "container", "format", "encoding", "delimiter",
    ),
)  # fmt: skip
personal(
    "imports.batchchange", "label",
    title=_("That a file added the customer"),
    of={"customer": additions_of},
    erasure=Anonymised({"label": ""}),
)  # fmt: skip
impersonal(
    "imports.importjob", "file_name", "sha256", "encoding", "delimiter", "headings", "mapping", "failure", "defaults",
    "rules", "format", "container", because="what the file is called and how it is written",
)  # fmt: skip
impersonal(
    "imports.savedmapping", "name", "headings", "fingerprint", "mapping", "defaults", "rules",
    because="headings of files",
)  # fmt: skip
impersonal("imports.importjob", "reasons", because="how many rows ended how")
impersonal("imports.batch", "label", because="the name of a file, or what was changed in bulk")
impersonal("imports.batchchange", "before", "after", "reason", because="goods as they were and became")


@hindrance("customer")
def files_are_being_read(person: Person) -> Iterator[str]:
    """An import under way would bring her in again, or leave its rows behind the erasure."""
    for job in ImportJob.objects.filter(files_under_way()).order_by("pk")[:3]:
        yield _now("“%(name)s” is being imported. Wait until it has finished.") % {"name": job.file_name}
