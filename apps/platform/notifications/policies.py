"""What staff may do with messages."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

declare("notifications.read", _("See messages that were sent"), whole_business=True)
declare("notifications.send", _("Send a failed message again"), whole_business=True)
SUPPRESS = declare(
    "notifications.suppress", _("Stop messages to an address, and allow them again"), whole_business=True
)
WORD = declare("notifications.word", _("Change the wording of messages"), whole_business=True)
# Not `notifications.*`: whoever chooses the mail server reads every mail, invitations of owners among them.
CHANNELS = declare("channels.change", _("Choose by whom messages are sent"), whole_business=True)
