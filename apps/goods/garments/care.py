"""Care symbols in the five groups and the order of ISO 3758: wash, bleach, dry, iron, clean by a professional.

The drawings (static/img/care.svg) are our own; each has its words, because a drawing alone says nothing to many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Care:
    code: str
    group: str
    words: Any


GROUPS: dict[str, Any] = {
    "wash": _("Washing"),
    "bleach": _("Bleaching"),
    "dry": _("Drying"),
    "tumble": _("Tumble drying"),
    "iron": _("Ironing"),
    "clean": _("Professional cleaning"),
}
_ALL = (
    Care("wash30", "wash", _("Wash at 30 °C at most")),
    Care("wash30gentle", "wash", _("Wash gently at 30 °C at most")),
    Care("wash40", "wash", _("Wash at 40 °C at most")),
    Care("wash60", "wash", _("Wash at 60 °C at most")),
    Care("washhand", "wash", _("Wash by hand")),
    Care("washno", "wash", _("Do not wash")),
    Care("bleach", "bleach", _("Any bleach may be used")),
    Care("bleachoxygen", "bleach", _("Bleach with oxygen only")),
    Care("bleachno", "bleach", _("Do not bleach")),
    Care("tumblelow", "tumble", _("Tumble dry at low heat")),
    Care("tumble", "tumble", _("Tumble dry at normal heat")),
    Care("tumbleno", "tumble", _("Do not tumble dry")),
    Care("dryline", "dry", _("Dry on a line")),
    Care("dryflat", "dry", _("Dry flat")),
    Care("dryshade", "dry", _("Dry on a line in the shade")),
    Care("iron1", "iron", _("Iron at low heat")),
    Care("iron2", "iron", _("Iron at medium heat")),
    Care("iron3", "iron", _("Iron at high heat")),
    Care("ironno", "iron", _("Do not iron")),
    Care("cleanp", "clean", _("Professional dry cleaning, any usual solvent")),
    Care("cleanf", "clean", _("Professional dry cleaning, hydrocarbons only")),
    Care("cleanw", "clean", _("Professional wet cleaning")),
    Care("cleanno", "clean", _("Do not dry clean")),
)
SYMBOLS: dict[str, Care] = {care.code: care for care in _ALL}


def list_care(codes: list[str]) -> list[Care]:
    """The symbols of these codes in the order of the standard; an unknown one is passed over."""
    return [care for care in _ALL if care.code in codes]
