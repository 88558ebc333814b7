"""What staff may do with messages."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

declare("notifications.read", _("See e-mails that were sent"), whole_business=True)
declare("notifications.send", _("Send a failed e-mail again"), whole_business=True)
