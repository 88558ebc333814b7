"""Packages: what parcels are packed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, WrongState
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.use_cases import use_case
from apps.selling.shipping import policies
from apps.selling.shipping.models import Package

LARGEST_MM = 10_000
HEAVIEST_GRAMS = 100_000


@use_case(permission=policies.MANAGE, idempotent=True, audits="shipping.package_added")
def add_package(
    actor: Actor,
    *,
    name: str,
    length_mm: int,
    width_mm: int,
    height_mm: int,
    empty_grams: int = 0,
    is_default: bool = False,
    key: str | None = None,
) -> Package:
    """Add a package; the first one is the usual one. Raises `InvalidInput` at the field at fault, `Conflict`."""
    values = _checked(name, length_mm, width_mm, height_mm, empty_grams)
    _refuse_taken_name(values["name"])
    others = lock(Rank.ROOT, Package.objects.all())
    package = Package(**values, is_default=is_default or not any(one.is_default for one in others))
    if package.is_default:
        _no_other_usual(others)
    package.save(force_insert=True)
    audit.record(actor, "shipping.package_added", package, after={**values, "is_default": package.is_default})
    return package


@use_case(permission=policies.MANAGE, audits="shipping.package_changed")
def change_package(
    actor: Actor,
    *,
    package_id: UUID,
    name: str,
    length_mm: int,
    width_mm: int,
    height_mm: int,
    empty_grams: int = 0,
    is_default: bool = False,
) -> Package:
    """Change a package; labels already bought keep their size. `is_default` makes it the usual one, instead of the one
    that was; it stays so until another one is. Errors as `add_package`, and `WrongState` for one out of use."""
    values = _checked(name, length_mm, width_mm, height_mm, empty_grams)
    all_of_them = lock(Rank.ROOT, Package.objects.all())
    package = next((one for one in all_of_them if one.pk == package_id), None)
    if package is None:
        return lock_one(Rank.ROOT, Package.objects.filter(pk=package_id))  # raises as always
    if is_default and not package.active:
        raise WrongState(_("This package is out of use."), code="package_out_of_use")
    _refuse_taken_name(values["name"], except_id=package.pk)
    before = {field: getattr(package, field) for field in values}
    for field, value in values.items():
        setattr(package, field, value)
    if is_default and not package.is_default:
        _no_other_usual(all_of_them)
        package.is_default = True
    package.save()
    audit.record(actor, "shipping.package_changed", package, before=before, after=values)
    return package


@use_case(permission=policies.MANAGE, audits="shipping.package_used")
def use_package(actor: Actor, *, package_id: UUID, active: bool) -> Package:
    """Take a package out of use, or into use again. Raises `WrongState` for the usual one."""
    package = lock_one(Rank.ROOT, Package.objects.filter(pk=package_id))
    if not active and package.is_default:
        raise WrongState(_("Make another package the usual one first."), code="package_is_usual")
    if package.active != active:
        package.active = active
        package.save(update_fields=["active", "updated_at"])
        audit.record(actor, "shipping.package_used", package, after={"active": active})
    return package


def _no_other_usual(packages: list[Package]) -> None:
    for one in packages:
        if one.is_default:
            one.is_default = False
            one.save(update_fields=["is_default", "updated_at"])


def _checked(name: str, length_mm: int, width_mm: int, height_mm: int, empty_grams: int) -> dict[str, Any]:
    wrong: dict[str, list[Any]] = {}
    name = name.strip()
    if not 1 <= len(name) <= 80:
        wrong["name"] = [_("Give it a name of up to 80 characters.")]
    sizes = {"length_mm": length_mm, "width_mm": width_mm, "height_mm": height_mm}
    for field, size in sizes.items():
        if not 1 <= size <= LARGEST_MM:
            wrong[field] = [_("Enter whole millimetres, up to ten metres.")]
    if not 0 <= empty_grams <= HEAVIEST_GRAMS:
        wrong["empty_grams"] = [_("Enter whole grams, up to 100 kg.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    return {"name": name, **sizes, "empty_grams": empty_grams}


def _refuse_taken_name(name: str, except_id: UUID | None = None) -> None:
    others = Package.objects.filter(name=name)
    if except_id is not None:
        others = others.exclude(pk=except_id)
    if others.exists():
        message = _("Another package has this name.")
        raise Conflict(message, code="package_name_taken", fields={"name": [message]})
