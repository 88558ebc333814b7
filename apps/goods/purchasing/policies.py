"""Who may buy, approve and see what it costs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

SUPPLIERS_READ = declare("suppliers.read", _("See suppliers, their people and costs"))
SUPPLIERS_WRITE = declare("suppliers.write", _("Add and change suppliers"))
