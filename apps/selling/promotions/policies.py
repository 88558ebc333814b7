"""Who may do what with promotions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

READ = declare("promotions.read", _("See promotions, codes and what they brought"), whole_business=True)
MANAGE = declare("promotions.manage", _("Make and change promotions and codes"), whole_business=True)
