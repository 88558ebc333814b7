"""Who may do what with delivery rates."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

READ = declare("shipping.read", _("See delivery rates"))
MANAGE = declare("shipping.manage", _("Change delivery rates"))
