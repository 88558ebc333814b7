"""Handing out what is known of a person."""

from __future__ import annotations

import datetime as dt
import tempfile
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock, privacy, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, PermissionRefused
from apps.kernel.ids import new_id
from apps.kernel.privacy import Person
from apps.kernel.use_cases import use_case
from apps.platform.media.stores import get_store
from apps.platform.privacy import policies
from apps.platform.privacy.gathering import write_zip
from apps.platform.privacy.models import PersonExport
from apps.platform.privacy.selectors import is_erased_since

KEPT_FOR = dt.timedelta(days=7)


def export_customer(actor: Actor, *, customer_id: UUID) -> PersonExport:
    """Gather what the business knows of a customer into a ZIP that can be fetched for a week.

    Not inside a use case: a file is written. Raises `NotFound`, `PermissionRefused`, `StorageUnavailable`.
    """
    actor.require(policies.EXPORT)
    with tenancy.bind(actor.business_id):
        person = privacy.find_person("customer", customer_id)
        return _export(actor, person)


def export_account(actor: Actor) -> PersonExport:
    """The same for the actor's own account, in all places of work. Not inside a use case."""
    if actor.id is None or actor.kind != "user" or actor.business_id is not None:
        raise PermissionRefused()
    with tenancy.bind(None):
        return _export(actor, privacy.find_person("user", actor.id))


def _export(actor: Actor, person: Person) -> PersonExport:
    export_id, begun = new_id(), clock.now()
    file = f"{actor.business_id or 'platform'}/privacy/{export_id}.zip"
    with tempfile.TemporaryFile() as target:
        write_zip(person, target)
        target.seek(0)
        size = get_store().write(file, target)
    try:
        return _note_export(actor, export_id=export_id, person=person, file=file, size=size, begun=begun)
    except Exception:
        get_store().remove(file)
        raise


@use_case(audits="privacy.exported")
def _note_export(
    actor: Actor, *, export_id: UUID, person: Person, file: str, size: int, begun: dt.datetime
) -> PersonExport:
    # Under the person's lock: an erasure that ran while this was gathered must not be outlived by it.
    privacy.find_person(person.kind, person.id)
    if is_erased_since(person, begun):
        raise Conflict(_("This person has just been erased."), kept=_("Nothing was kept of the export."))
    export = PersonExport.objects.create(
        id=export_id, business_id=actor.business_id, person_kind=person.kind, person_id=person.id, file=file,
        size=size, expires_at=clock.now() + KEPT_FOR,
    )  # fmt: skip
    audit.record(actor, "privacy.exported", export, after={"bytes": size, "until": export.expires_at})
    return export


@use_case(audits="privacy.downloaded")
def enter_download(actor: Actor, *, export_id: UUID) -> None:
    """Enter that an export was fetched; the caller has found it among those the actor may see."""
    audit.record(actor, "privacy.downloaded", PersonExport.objects.get(pk=export_id))


def remove_export(actor: Actor, *, export_id: UUID) -> None:
    """Remove an export whose time is over, the file first. Repeatable; raises `StorageUnavailable`."""
    with tenancy.bind(actor.business_id):
        export = PersonExport.objects.filter(pk=export_id).first()
    if export is not None:
        get_store().remove(export.file)
        _forget_export(actor, export_id=export_id)


@use_case(audits="privacy.export_ended")
def _forget_export(actor: Actor, *, export_id: UUID) -> None:
    for export in PersonExport.objects.filter(pk=export_id):
        audit.record(actor, "privacy.export_ended", export)
        export.delete()
