"""What the kernel's own pages ask for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .permissions import declare

declare("audit.read", _("See who did what and when"), whole_business=True)
declare("platform.operate", _("See the event queue and replay what failed"), whole_business=True)
