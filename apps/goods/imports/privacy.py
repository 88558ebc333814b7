"""Product files, and who sent them."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

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
_FILE = "a file of goods and what was wrong with its rows"
impersonal(
    "imports.importjob", "file", "file_name", "sha256", "encoding", "delimiter", "headings", "mapping", "sample",
    "failure", "samples", "defaults", "rules", "format", "container", because=_FILE,
)  # fmt: skip
impersonal(
    "imports.savedmapping", "name", "headings", "fingerprint", "mapping", "defaults", "rules",
    because="headings of files of goods",
)  # fmt: skip
impersonal("imports.importjob", "reasons", because="how many rows ended how")
impersonal("imports.batch", "label", because="the name of a file, or what was changed in bulk")
impersonal(
    "imports.batchchange", "label", "before", "after", "reason", because="goods as they were and became"
)
impersonal("imports.rejectedrow", "handle", "raw", because=_FILE)
impersonal("imports.importrowerror", "column", "handle", "value", "message", because=_FILE)
