"""Erasing a person: every context in one go, or not at all."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.kernel import audit, clock, privacy, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused
from apps.kernel.privacy import Anonymised, Deleted, Kept, Person, Personal, Through
from apps.kernel.use_cases import use_case
from apps.platform.privacy import policies
from apps.platform.privacy.models import ErasedPerson, PersonExport
from apps.platform.privacy.selectors import find_erased, scopes, tables_in
from apps.platform.privacy.services.exporting import remove_export

LONGEST_REASON = 500


@use_case(permission=policies.ERASE, audits="privacy.erased")
def erase_customer(actor: Actor, *, customer_id: UUID, reason: str) -> ErasedPerson:
    """Erase what the business knows of a customer: delete, anonymise, or keep what a law asks for.

    All contexts in one transaction. Repeating it takes what has come since, and returns the first proof. Raises
    `NotFound`, `InvalidInput` (`reason`), and `Conflict` (`erasure_hindered`) naming each open order and amount that
    is owed.
    """
    reason = _checked(reason)
    person = privacy.find_person("customer", customer_id)
    _refuse_hindered(person)
    return _erase(actor, person, reason)


def close_account(actor: Actor) -> ErasedPerson:
    """Close the actor's own account: leave every place of work, then erase the account. Not inside a use case.

    Each business is a transaction of its own, the account the last: cut off anywhere, the next try goes on. Raises
    `Conflict` (`erasure_hindered`) for the only owner of a business, before anything is done.
    """
    if actor.id is None or actor.kind != "user" or actor.business_id is not None:
        raise PermissionRefused()
    with tenancy.bind(None):
        person = privacy.find_person("user", actor.id)
        _refuse_hindered(person)
        places = scopes(person)
    for business_id in places:
        proof = _erase_account(
            replace(actor, business_id=business_id), user_id=person.id, emails=person.emails
        )
    return proof


@use_case(audits="privacy.erased")
def _erase_account(actor: Actor, *, user_id: UUID, emails: tuple[str, ...]) -> ErasedPerson:
    # Found again under the lock; the addresses are gone from the account once another run was quicker.
    person = replace(privacy.find_person("user", user_id), emails=emails)
    _refuse_hindered(person)
    return _erase(actor, person, _("The person closed the account."))


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not 3 <= len(reason) <= LONGEST_REASON:
        raise InvalidInput(fields={"reason": [_("Say who asked for it and when, in 3 to 500 letters.")]})
    return reason


def _refuse_hindered(person: Person) -> None:
    if sentences := privacy.hindrances(person):
        raise Conflict(
            " ".join(sentences),
            code="erasure_hindered",
            kept=_("Nothing was erased."),
            remedy=_("Settle this first, then erase."),
            hindrances=sentences,
        )


def _erase(actor: Actor, person: Person, reason: str) -> ErasedPerson:
    _drop_exports(person)
    result: dict[str, int] = {}
    for table in tables_in(person, actor.business_id):
        if count := _apply(actor, person, table):
            result[table.model] = result.get(table.model, 0) + count
    known = find_erased(person.kind, person.id)
    if known is not None and not result:
        return known
    proof = known or ErasedPerson(
        business_id=actor.business_id, person_kind=person.kind, person_id=person.id, reason=reason,
        by_label=actor.label[:200] if person.kind == "customer" else "",
    )  # fmt: skip
    proof.result = {
        model: proof.result.get(model, 0) + result.get(model, 0) for model in proof.result | result
    }
    proof.save()
    audit.record(actor, "privacy.erased", proof, after={"rows": result}, reason=reason)
    return proof


def _apply(actor: Actor, person: Person, table: Personal) -> int:
    rows, erasure = table.rows(person), table.erasure
    if isinstance(erasure, Deleted):
        return rows.delete()[0]
    if isinstance(erasure, Anonymised):
        return rows.exclude(**erasure.values).update(**erasure.values)
    if isinstance(erasure, Through):
        return erasure.function(actor, person, rows) if rows.exists() else 0
    assert isinstance(erasure, Kept)  # noqa: S101
    return 0


def _drop_exports(person: Person) -> None:
    """What was gathered before must not outlive the erasure: nobody fetches it any more, and its file goes.

    The row stays until the file is gone: a storage that is away now is asked again by the task.
    """
    exports = PersonExport.objects.filter(
        person_kind=person.kind, person_id=person.id, business_id=tenancy.current_business_id()
    )
    found = list(exports.values_list("pk", flat=True))
    exports.update(expires_at=clock.now())
    system = Actor.system("privacy", tenancy.current_business_id())
    for export_id in found:
        transaction.on_commit(
            lambda export_id=export_id: remove_export(system, export_id=export_id),  # type: ignore[misc]
            robust=True,
        )
