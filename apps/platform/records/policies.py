"""What staff may do with the trail; reading it is the kernel's `audit.read`."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

READ = "audit.read"
EXPORT = declare(
    "audit.export", _("Take the audit trail and its archives away as files"), whole_business=True
)
KEEP = declare("audit.keep", _("Choose how long the audit trail is kept at hand"), whole_business=True)
