"""Who may bring in which kind of file, for the buttons of the back office."""

from __future__ import annotations

from typing import Any

from apps.goods.imports.kinds import RUN, kinds_for, may_bring
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb


class BringsFiles(Verb):
    """For whoever imports, and for whoever may do it with files of this kind alone: payouts of payment companies."""

    # The door's; which kinds of files somebody brings in is asked below, and by the services.
    permission = "imports.read"

    def permits(self, actor: Actor, obj: Any) -> bool:
        if not actor.may(self.permission):
            return False
        if obj is None:
            return actor.may(RUN) or bool(kinds_for(actor))
        return may_bring(actor, obj.kind)
