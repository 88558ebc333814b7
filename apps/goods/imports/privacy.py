"""Product files, and who sent them."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

personal(
    "imports.importjob", "actor_label",
    title=_("Who imported"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
_FILE = "a file of goods and what was wrong with its rows"
impersonal(
    "imports.importjob", "file", "file_name", "sha256", "encoding", "delimiter", "headings", "mapping", "sample",
    "failure", because=_FILE,
)  # fmt: skip
impersonal("imports.rejectedrow", "handle", "raw", because=_FILE)
impersonal("imports.importrowerror", "column", "handle", "value", "message", because=_FILE)
