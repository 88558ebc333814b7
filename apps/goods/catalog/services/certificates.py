"""Certificates of analysis: filed, read by a program, looked at by a person, and only then shown."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from pypdf import PdfReader

from apps.goods.catalog.coa import LABELS, Draft, read_certificate
from apps.goods.catalog.models import Certificate, CertificateResult, LicensedTrade, Product
from apps.goods.catalog.services.licensed import describe_licensed
from apps.goods.catalog.text import clean_text
from apps.kernel import audit, clock, locks, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case
from apps.platform.media.models import Media
from apps.platform.media.services import Role, announce_media, hold_file
from apps.platform.media.states import MediaKind, MediaState
from apps.platform.media.stores import get_store

TARGET = "catalog.certificate"
MOST_PAGES = 20
MOST_TEXT = 100_000
MOST_RESULTS = 60
LOOK_TWICE = 80
State = Certificate.State


@dataclass(frozen=True, slots=True)
class ResultDraft:
    """A line as a person leaves it: a value with its unit, or a verdict."""

    analyte: str
    value: Decimal | None = None
    unit: str = ""
    passed: bool | None = None


@use_case(
    permission="products.change",
    idempotent=True,
    audits=("products.certificate_added", "media.announced"),
)
def begin_certificate(
    actor: Actor,
    *,
    product_id: UUID,
    name: str,
    content_type: str,
    size: int,
    lot_code: str = "",
    key: str | None = None,
) -> Certificate:
    """Make room for the file of a certificate; once its bytes are there it is read by itself.

    Raises `NotFound` for a foreign product, `InvalidInput` for a type or size that is not taken, `Conflict`
    (`no_room`).
    """
    certificate = _add(actor, product_id, lot_code)
    certificate.media = announce_media(
        actor,
        kind=MediaKind.DOCUMENT,
        name=name,
        content_type=content_type,
        size=size,
        attach_to=(TARGET, certificate.pk),
        role=Role.GALLERY,
    )
    certificate.save(update_fields=["media", "updated_at"])
    return certificate


@use_case(permission="products.change", idempotent=True, audits="products.certificate_added")
def add_certificate(
    actor: Actor, *, product_id: UUID, media_id: UUID, lot_code: str = "", key: str | None = None
) -> Certificate:
    """File a paper or picture of the library as a product's certificate. Raises as `hold_file`."""
    certificate = _add(actor, product_id, lot_code)
    certificate.media = hold_file(
        actor,
        media_id=media_id,
        target_type=TARGET,
        target_id=certificate.pk,
        role=Role.GALLERY,
        kinds=(MediaKind.DOCUMENT, MediaKind.IMAGE),
    )
    certificate.save(update_fields=["media", "updated_at"])
    return certificate


def _add(actor: Actor, product_id: UUID, lot_code: str) -> Certificate:
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise NotFound()
    certificate: Certificate = Certificate.objects.create(
        product=product, lot_code=clean_text(lot_code, "lot_code", 80)
    )
    after = {"product": product.title, "lot": certificate.lot_code}
    audit.record(actor, "products.certificate_added", certificate, after=after)
    return certificate


def read_certificate_file(actor: Actor, *, certificate_id: UUID) -> Certificate:
    """Read what the file says and put it before a person. The file is opened before anything is locked.

    Doing it again changes nothing. Raises `StorageUnavailable`, to be tried later.
    """
    with tenancy.bind(actor.business_id):
        certificate = Certificate.objects.select_related("media").get(pk=certificate_id)
        media = certificate.media
        text, source = _text_of(media) if media is not None else ("", Certificate.Source.NONE)
    draft = read_certificate(text, recognised=source == Certificate.Source.OCR)
    return record_reading(actor, certificate_id=certificate_id, text=text, source=source, draft=draft)


def give_up_reading(actor: Actor, *, certificate_id: UUID) -> Certificate:
    """Put a file that cannot be read before a person as it is."""
    source = Certificate.Source.NONE
    return record_reading(actor, certificate_id=certificate_id, text="", source=source, draft=Draft())


def _text_of(media: Media) -> tuple[str, str]:
    """The text that a PDF holds itself; else the letters that the library's pipeline recognised."""
    if media.state != MediaState.READY:
        return "", Certificate.Source.NONE
    store = get_store()
    if media.content_type == "application/pdf":
        with store.open(media.object_key) as file:
            content = file.read()
        try:
            pages = PdfReader(io.BytesIO(content)).pages[:MOST_PAGES]
            text = "\n".join(page.extract_text() for page in pages)
        except (
            Exception
        ):  # a library over strangers' files fails in many ways; then its letters are recognised
            text = ""
        if text.strip():
            return text.replace("\x00", "")[:MOST_TEXT], Certificate.Source.TEXT
    recognised = media.derived.filter(label="text.txt").first()
    if recognised is None:
        return "", Certificate.Source.NONE
    with store.open(recognised.object_key) as file:
        return file.read().decode("utf-8", "replace")[:MOST_TEXT], Certificate.Source.OCR


@use_case(audits="products.certificate_read")
def record_reading(
    actor: Actor, *, certificate_id: UUID, text: str, source: str, draft: Draft
) -> Certificate:
    """Keep what a program found, for a person to look at. What was read already is left as it is."""
    certificate = _lock(certificate_id)
    if certificate.state != State.READING:
        return certificate
    certificate.state, certificate.text, certificate.read_from = State.REVIEW, text, source
    certificate.found = draft.as_json()
    certificate.lab = draft.lab.value if draft.lab else ""
    certificate.issued_on = dt.date.fromisoformat(draft.issued_on.value) if draft.issued_on else None
    if not certificate.lot_code and draft.lot_code:
        certificate.lot_code = draft.lot_code.value[:80]
    certificate.save()
    CertificateResult.objects.bulk_create(
        CertificateResult(
            certificate=certificate,
            analyte=one.label,
            value=one.value,
            unit=one.unit,
            passed=one.passed,
            position=position,
            line=one.line,
            confidence=one.confidence,
        )
        for position, one in enumerate(draft.results, start=1)
    )
    found = {"results": len(draft.results), "from": source}
    audit.record(actor, "products.certificate_read", certificate, after=found)
    return certificate


@use_case(permission="products.change", audits="products.certificate_corrected")
def correct_certificate(
    actor: Actor,
    *,
    certificate_id: UUID,
    lab: str,
    lot_code: str,
    issued_on: dt.date | None,
    results: Sequence[ResultDraft],
) -> Certificate:
    """What a person read in the file: takes the place of what the program did, and counts as looked at.

    Raises `WrongState` for one that is approved or rejected or not read yet, `InvalidInput` naming the field.
    """
    certificate = _in_review(certificate_id)
    rows = _checked_results(results)
    if issued_on is not None and issued_on > clock.now().date():
        raise InvalidInput(fields={"issued_on": [_("This day has not come yet.")]})
    before = _shown(certificate)
    certificate.lab = clean_text(lab, "lab", 160)
    certificate.lot_code = clean_text(lot_code, "lot_code", 80)
    certificate.issued_on = issued_on
    certificate.save(update_fields=["lab", "lot_code", "issued_on", "updated_at"])
    lines = {row.analyte: row.line for row in certificate.results.all()}
    certificate.results.all().delete()
    CertificateResult.objects.bulk_create(
        CertificateResult(
            certificate=certificate,
            position=position,
            line=lines.get(one.analyte, ""),
            analyte=one.analyte,
            value=one.value,
            unit=one.unit,
            passed=one.passed,
        )
        for position, one in enumerate(rows, start=1)
    )
    after = _shown(certificate)
    if after != before:
        audit.record(actor, "products.certificate_corrected", certificate, before=before, after=after)
    return certificate


def _checked_results(results: Sequence[ResultDraft]) -> list[ResultDraft]:
    if len(results) > MOST_RESULTS:
        raise InvalidInput(fields={"results": [_("Use at most %(most)s lines.") % {"most": MOST_RESULTS}]})
    rows = []
    for one in results:
        analyte = clean_text(one.analyte, "results", 80)
        if not analyte or (one.value is None) == (one.passed is None):
            raise InvalidInput(fields={"results": [_("Each line needs a name, and a value or a verdict.")]})
        if one.value is not None and (not one.value.is_finite() or not 0 <= one.value < 100_000):
            raise InvalidInput(fields={"results": [_("“%(name)s” has no usable value.") % {"name": analyte}]})
        if one.unit == "%" and one.value is not None and one.value > 100:
            message = _("“%(name)s” is more than 100 per cent.") % {"name": analyte}
            raise InvalidInput(fields={"results": [message]})
        rows.append(ResultDraft(analyte, one.value, clean_text(one.unit, "results", 16), one.passed))
    if len({row.analyte.casefold() for row in rows}) != len(rows):
        raise InvalidInput(fields={"results": [_("A line is there twice.")]})
    return rows


@use_case(
    permission="products.publish",
    audits=("products.certificate_approved", "products.licensed_described"),
)
def approve_certificate(
    actor: Actor, *, certificate_id: UUID, is_public: bool = False, take_over: bool = False
) -> Certificate:
    """Say that the values are what the file says. With `is_public` the product's page shows it; with `take_over` the
    product's THC and CBD become the totals of the paper.

    Raises `WrongState` when it is decided already, when nobody has looked at a value that the program was not sure
    of, or for a failed test that customers would be shown.
    """
    certificate = _in_review(certificate_id)
    results = list(certificate.results.all())
    unsure = [row.analyte for row in results if row.confidence < LOOK_TWICE]
    if unsure:
        raise WrongState(
            _("Nobody has looked at: %(names)s.") % {"names": ", ".join(unsure)},
            code="certificate_unsure",
            remedy=_("Compare them with the file under Review, then save."),
        )
    if not results:
        raise WrongState(_("There is no result in it."), remedy=_("Enter the results under Review."))
    failed = [row.analyte for row in results if row.passed is False]
    if failed and is_public:
        raise WrongState(
            _("Not passed: %(names)s.") % {"names": ", ".join(failed)},
            code="certificate_failed",
            remedy=_("Approve it without showing it to customers, and do not sell this lot."),
        )
    _decide(actor, certificate, State.APPROVED, is_public=is_public)
    audit.record(
        actor,
        "products.certificate_approved",
        certificate,
        after={"public": is_public, "take_over": take_over},
    )
    if take_over:
        _take_over(actor, certificate, results)
    return certificate


def _take_over(actor: Actor, certificate: Certificate, results: list[CertificateResult]) -> None:
    values = {row.analyte: row.value for row in results if row.unit == "%"}
    said: dict[str, Any] = {}
    for name in ("thc", "cbd"):
        total = values.get(LABELS[f"total_{name}"], values.get(LABELS[name]))
        if total is not None:
            said |= {f"{name}_min": total, f"{name}_max": total}
    if said and LicensedTrade.objects.filter(is_on=True).exists():
        describe_licensed(actor, product_id=certificate.product_id, **said)


@use_case(permission="products.publish", audits="products.certificate_rejected")
def reject_certificate(actor: Actor, *, certificate_id: UUID, reason: str) -> Certificate:
    """Say that it does not count, and why; one that was shown is shown no longer. Raises `InvalidInput`."""
    reason = clean_text(reason, "reason", 500)
    if not reason:
        raise InvalidInput(fields={"reason": [_("Say why.")]})
    certificate = _lock(certificate_id)
    if certificate.state == State.REJECTED:
        return certificate
    before = {"state": certificate.state, "public": certificate.is_public}
    _decide(actor, certificate, State.REJECTED, reason=reason)
    audit.record(actor, "products.certificate_rejected", certificate, before=before, reason=reason)
    return certificate


def _decide(
    actor: Actor, certificate: Certificate, state: str, *, is_public: bool = False, reason: str = ""
) -> None:
    certificate.state, certificate.is_public, certificate.reason = state, is_public, reason
    certificate.decided_by, certificate.decided_at = actor.label[:200], clock.now()
    certificate.save()


def _lock(certificate_id: UUID) -> Certificate:
    found: Certificate = locks.lock_one(Rank.ROOT, Certificate.objects.filter(pk=certificate_id))
    return found


def _in_review(certificate_id: UUID) -> Certificate:
    certificate = _lock(certificate_id)
    if certificate.state == State.READING:
        raise WrongState(_("The file is still being read."), remedy=_("Look again in a moment."))
    if certificate.state != State.REVIEW:
        raise WrongState(
            _("This certificate is %(state)s already.") % {"state": certificate.get_state_display().lower()}
        )
    return certificate


def _shown(certificate: Certificate) -> dict[str, Any]:
    rows = certificate.results.order_by("position").values_list("analyte", "value", "unit", "passed")
    return {
        "lab": certificate.lab,
        "lot": certificate.lot_code,
        "issued_on": certificate.issued_on,
        "results": [
            f"{name}: {'passed' if passed else 'not passed'}"
            if value is None
            else f"{name}: {value} {unit}".strip()
            for name, value, unit, passed in rows
        ],
    }
