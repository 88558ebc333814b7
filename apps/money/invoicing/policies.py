"""Who may read the papers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

declare("documents.read", _("See and download receipts, invoices and credit notes"))
