"""Which rows of files name a person: by her e-mail anywhere, by her name or number where files tell of people."""

from __future__ import annotations

import json
import re

from django.db.models import Exists, OuterRef, Q

from apps.goods.imports.kinds import find_kind, kinds_with_people
from apps.goods.imports.models import BatchChange, ImportJob, RejectedRow
from apps.kernel.privacy import Person

# Written in figures and signs by people, as they please.
_BETWEEN = r"[ ().\-/]*"
_SHORTEST_NUMBER = 7


def rejected_rows_naming(person: Person) -> Q:
    """Refused rows, as they came. In files that tell of people a cell that is her name, or her number there, counts."""
    found = Q(raw__iregex=anywhere) if (anywhere := _anywhere(person)) else Q(pk__in=())
    kinds = [kind.code for kind in kinds_with_people()]
    if person.name.strip():
        cell = json.dumps(person.name.strip(), ensure_ascii=False)
        found |= Q(job__kind__in=kinds, raw__icontains=cell)
    for job in ImportJob.objects.filter(kind__in=kinds, rows_reported__gt=0) if person.numbers else ():
        kind = find_kind(job.kind)
        heading = job.mapping.get(kind.number_of_person) if kind else None
        if heading in job.headings:
            cells = {f"raw__{job.headings.index(heading)}__iregex": _whole(person.numbers)}
            found |= Q(job=job, **cells)
    return found


def faults_naming(person: Person) -> Q:
    """What was said of those rows, and of values that are hers."""
    row = RejectedRow.objects.filter(rejected_rows_naming(person), job=OuterRef("job"), row=OuterRef("row"))
    found = Q(Exists(row))
    if anywhere := _anywhere(person):
        for column in ("value", "handle", "message"):
            found |= Q(**{f"{column}__iregex": anywhere})
    if person.name.strip():
        kinds = [kind.code for kind in kinds_with_people()]
        found |= Q(job__kind__in=kinds, value__iexact=person.name.strip())
    return found


def files_that_may_name(person: Person) -> Q:
    """Files of customers that are kept, and any whose samples show her e-mail: a file goes as a whole."""
    found = Q(kind__in=[kind.code for kind in kinds_with_people()])
    if anywhere := _anywhere(person):
        found |= Q(samples__iregex=anywhere) | Q(sample__iregex=anywhere)
    return Q(forgotten_at__isnull=True) & found


def additions_of(person: Person) -> Q:
    """That an import added her, by her name."""
    return Q(kind=BatchChange.Kind.CUSTOMER_ADDED, target_id=person.id)


def files_under_way() -> Q:
    """Imports that tell of people and are being worked on."""
    under_way = (ImportJob.State.PREVIEWING, ImportJob.State.RUNNING)
    return Q(state__in=under_way, kind__in=[kind.code for kind in kinds_with_people()])


def _anywhere(person: Person) -> str:
    """A pattern for her addresses and telephone numbers inside any text, never inside another's."""
    mails = [re.escape(email) for email in person.emails if email]
    figures = ["".join(filter(str.isdigit, phone)) for phone in person.phones]
    phones = [_BETWEEN.join(number) for number in figures if len(number) >= _SHORTEST_NUMBER]
    parts = [rf"(^|[^a-z0-9._%+\-])({'|'.join(mails)})($|[^a-z0-9\-])"] if mails else []
    parts += [rf"(^|[^0-9])({'|'.join(phones)})($|[^0-9])"] if phones else []
    return "|".join(parts)


def _whole(texts: tuple[str, ...]) -> str:
    return rf"^\s*({'|'.join(map(re.escape, texts))})\s*$"
