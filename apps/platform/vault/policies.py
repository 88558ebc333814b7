"""What staff may do with secrets. Nothing lets anybody read one."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

MANAGE = "vault.manage"

declare(MANAGE, _("See which secrets are kept, replace and remove them"), whole_business=True)
