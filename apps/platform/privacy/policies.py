"""What staff may do with what is known of people."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

EXPORT = declare("privacy.export", _("Hand out what is known of a customer"), whole_business=True)
ERASE = declare("privacy.erase", _("Erase what is known of a customer"), whole_business=True)
