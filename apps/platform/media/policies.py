"""What staff may do with files. A file attached to a record follows that record's permissions."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

READ = "media.read"
UPLOAD = "media.upload"
DELETE = "media.delete"

# The library holds files of all records, also of those beyond a member's reach.
declare(READ, _("See the file library"), whole_business=True)
declare(UPLOAD, _("Upload files to the library"))
declare(DELETE, _("Delete files"), whole_business=True)
