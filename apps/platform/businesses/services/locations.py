"""Where stock lies and sales happen."""

from __future__ import annotations

from uuid import UUID

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location
from apps.platform.businesses.services.locking import lock_business

TRANSIT_CODE = "*TRANSIT"


@use_case(unaudited="a place of the product's own, made once, that nobody chooses or changes")
def ensure_transit_location(actor: Actor) -> Location:
    """The place of the goods between two locations of the actor's business; made when it is first needed.

    It is never open: nothing is promised, sold, received or counted there.
    """
    place = Location.objects.filter(kind=Location.Kind.TRANSIT).first()
    if place is None:
        row = Location(name=str(_("On the way")), code=TRANSIT_CODE, kind=Location.Kind.TRANSIT, active=False)
        Location.objects.bulk_create([row], ignore_conflicts=True)  # two first transfers make one place
        place = Location.objects.get(kind=Location.Kind.TRANSIT)
    return place


@use_case(permission="locations.change", idempotent=True, audits="locations.added")
def add_location(
    actor: Actor, *, name: str, kind: str = Location.Kind.SHOP, code: str = "", key: str | None = None
) -> Location:
    """Add a location to the actor's business; without a code one is made from the name."""
    lock_business()
    code = (code or slugify(name)[:12] or "place").strip().upper()
    _check(name=name, code=code, kind=kind, other_than=None)
    location = Location.objects.create(name=name.strip(), kind=kind, code=code)
    audit.record(actor, "locations.added", location, after={"name": name, "kind": kind, "code": code})
    return location


@use_case(permission="locations.change", idempotent=True, audits="locations.changed")
def change_location(
    actor: Actor,
    *,
    location_id: UUID,
    name: str,
    kind: str,
    code: str,
    is_default: bool,
    active: bool,
    key: str | None = None,
) -> Location:
    """Change a location. Making one the default takes that from the other; the default stays active.

    Raises `Conflict` when the only default would go, `InvalidInput` for a code used twice.
    """
    lock_business()
    others = {row.pk: row for row in lock(Rank.ROOT, Location.objects.all())}
    location = others.pop(location_id, None) or lock_one(Rank.ROOT, Location.objects.filter(pk=location_id))
    if location.kind == Location.Kind.TRANSIT:
        raise Conflict(_("The place of goods on their way is kept by the product."), code="transit_location")
    before = _facts(location)
    _check(name=name, code=code.strip().upper(), kind=kind, other_than=location)
    if location.is_default and not (is_default and active):
        raise Conflict(
            _("%(name)s is the default location.") % {"name": location.name},
            remedy=_("Make another location the default first."),
        )
    if is_default and not active:
        raise InvalidInput(fields={"active": [_("The default location must be active.")]})
    if is_default:
        Location.objects.exclude(pk=location.pk).filter(is_default=True).update(is_default=False)
    location.name, location.kind, location.code = name.strip(), kind, code.strip().upper()
    location.is_default, location.active = is_default, active
    location.save()
    audit.record(actor, "locations.changed", location, before=before, after=_facts(location))
    return location


def _facts(location: Location) -> dict[str, object]:
    return {name: getattr(location, name) for name in ("name", "kind", "code", "is_default", "active")}


def _check(*, name: str, code: str, kind: str, other_than: Location | None) -> None:
    wrong: dict[str, list[object]] = {}
    if not name.strip():
        wrong["name"] = [_("Give the location a name.")]
    if kind not in dict(Location.chosen_kinds()):
        wrong["kind"] = [_("Choose a kind from the list.")]
    if code == TRANSIT_CODE:
        wrong["code"] = [_("This code is taken by the goods on their way.")]
    same = Location.objects.filter(code=code)
    if (same.exclude(pk=other_than.pk) if other_than else same).exists():
        wrong["code"] = [_("Another location has this code.")]
    if wrong:
        raise InvalidInput(fields=wrong)
