"""Who decides what is asked. Values are read and written by who may read and write the record."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

MANAGE = declare("fields.manage", _("Decide which fields of your own records have"))
