"""Who may bring in a catalogue."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

declare("imports.read", _("See imports"), whole_business=True)
declare("imports.run", _("Import products and quantities"), whole_business=True)
declare("imports.undo", _("Undo imports and bulk edits"), whole_business=True)
declare("imports.edit", _("Change many products at once"), whole_business=True)
declare("imports.export", _("Export products and quantities"), whole_business=True)
