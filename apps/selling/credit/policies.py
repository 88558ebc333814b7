"""Who may do what with gift cards and store credit."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.permissions import declare

READ = declare("credit.read", _("See gift cards and store credit"), whole_business=True)
ISSUE = declare("credit.issue", _("Give gift cards and store credit away"), whole_business=True)
CORRECT = declare("credit.correct", _("Correct what is on a gift card"), whole_business=True)
TOP_UP = declare("credit.top_up", _("Top gift cards up against money"), whole_business=True)
BLOCK = declare("credit.block", _("Block gift cards, and give them new codes"), whole_business=True)
SELL = declare(
    "credit.sell", _("Say what is sold as a gift card, and how long cards last"), whole_business=True
)
