"""What staff do in the licensed trade and with certificates: each verb calls one service."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog import services
from apps.goods.catalog.certificate_forms import (
    ApproveForm,
    LicensedForm,
    LicensedTradeForm,
    RejectForm,
    ReviewForm,
    UploadCertificateForm,
)
from apps.goods.catalog.models import Certificate, LicensedTrade, Product
from apps.goods.catalog.policies import can_change_product
from apps.goods.catalog.services.licensed import LICENSED_FIELDS
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.platform.backoffice.verbs import Verb
from apps.platform.media.contents import HEAD_BYTES, real_type
from apps.platform.media.selectors import preview_address, read_address
from apps.platform.media.services import finish_upload, put_bytes
from apps.platform.media.states import MediaState
from apps.platform.media.stores import FilesUnreachable, StorageUnavailable
from apps.platform.media.taking import length_of

TAKEN = ("application/pdf", "image/jpeg", "image/png", "image/webp")


class SetLicensedTrade(Verb):
    name = "licensed-trade"
    label = _("Licensed trade")
    permission = "products.arrange"
    form_class = LicensedTradeForm
    submit_label = _("Save")
    writes_back = True

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        trade = LicensedTrade.objects.first() or LicensedTrade()
        return {"is_on": trade.is_on, "classifications": trade.classifications}

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.set_licensed_trade(actor, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Licensed goods are sold here.") if result.is_on else _now("Nothing licensed is shown.")


class DescribeLicensed(Verb):
    name = "licensed"
    label = _("Strain and contents")
    permission = "products.change"
    submit_label = _("Save")
    writes_back = True

    def is_available(self, actor: Actor, obj: Product) -> bool:
        return can_change_product(actor, obj) and LicensedTrade.objects.filter(is_on=True).exists()

    def get_form(self, actor: Actor, obj: Product, **kwargs: Any) -> Any:
        return LicensedForm(product=obj, **kwargs)

    def initial(self, actor: Actor, obj: Product) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in LICENSED_FIELDS}

    def perform(self, actor: Actor, obj: Product, data: dict[str, Any], key: str) -> Any:
        return services.describe_licensed(actor, product_id=obj.pk, **data)


class UploadCertificate(Verb):
    name = "add"
    label = _("Add certificate")
    permission = "products.change"
    form_class = UploadCertificateForm
    submit_label = _("Upload")

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        file = data["file"]
        found = real_type(file.read(HEAD_BYTES), "") or ""
        if found not in TAKEN:
            raise InvalidInput(fields={"file": [_now("Use a PDF, or a JPEG, PNG or WebP picture.")]})
        certificate = services.begin_certificate(
            actor,
            product_id=UUID(data["product_id"]),
            name=file.name or "certificate",
            content_type=found,
            size=length_of(file),
            lot_code=data["lot_code"],
            key=key,
        )
        media = certificate.media
        if media is not None and media.state == MediaState.PENDING:
            try:
                put_bytes(media, file)
                finish_upload(actor, media_id=media.pk)
            except StorageUnavailable as error:
                raise FilesUnreachable() from error
        return certificate

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The file was taken and is being read. Look at the values in a moment.")

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:catalog_certificate_change", args=[result.pk])


class ReviewCertificate(Verb):
    name = "review"
    label = _("Review")
    permission = "products.change"
    submit_label = _("Save what I read")
    template_name = "catalog/certificate_review.html"
    writes_back = True

    def is_available(self, actor: Actor, obj: Certificate) -> bool:
        return obj.state == Certificate.State.REVIEW

    def explain(self, actor: Actor, obj: Certificate) -> list[Any]:
        if obj.read_from == Certificate.Source.NONE:
            return [_now("Nothing could be read in this file. Type what it says, or reject it.")]
        said = [
            _now("A program read this. Compare each line with the file, put right what is wrong, then save.")
        ]
        if obj.read_from == Certificate.Source.OCR:
            said.append(_now("The letters were recognised in a picture: look at points and commas."))
        return said

    def get_form(self, actor: Actor, obj: Certificate, **kwargs: Any) -> Any:
        return ReviewForm(certificate=obj, **kwargs)

    def initial(self, actor: Actor, obj: Certificate) -> dict[str, Any]:
        return {"lab": obj.lab, "lot_code": obj.lot_code, "issued_on": obj.issued_on}

    def context(self, actor: Actor, obj: Certificate, form: Any) -> dict[str, Any]:
        media = obj.media
        return {
            "file_address": read_address(media) if media else "",
            "file_picture": picture_address(obj),
            "text": obj.text,
            "lines": list(form.lines()) if isinstance(form, ReviewForm) else [],
            "head": [form[name] for name in ("lab", "lot_code", "issued_on")]
            if isinstance(form, ReviewForm)
            else [],
        }

    def perform(self, actor: Actor, obj: Certificate, data: dict[str, Any], key: str) -> Any:
        form = ReviewForm(certificate=obj)
        form.cleaned_data = data
        return services.correct_certificate(
            actor,
            certificate_id=obj.pk,
            lab=data["lab"],
            lot_code=data["lot_code"],
            issued_on=data["issued_on"],
            results=form.results(),
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Saved. Approve it when it is right.")


def picture_address(certificate: Certificate) -> str:
    """A large picture of the file: the page of a PDF, the picture itself; empty while there is none."""
    media = certificate.media
    if media is None:
        return ""
    if media.content_type.startswith("image/"):
        return read_address(media)
    return preview_address(media)


class ApproveCertificate(Verb):
    name = "approve"
    label = _("Approve")
    permission = "products.publish"
    form_class = ApproveForm

    def is_available(self, actor: Actor, obj: Certificate) -> bool:
        return obj.state == Certificate.State.REVIEW

    def explain(self, actor: Actor, obj: Certificate) -> list[Any]:
        return [_now("You say that the values are what the file says. They cannot be changed afterwards.")]

    def perform(self, actor: Actor, obj: Certificate, data: dict[str, Any], key: str) -> Any:
        return services.approve_certificate(actor, certificate_id=obj.pk, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The certificate is approved.")


class RejectCertificate(Verb):
    name = "reject"
    label = _("Reject")
    permission = "products.publish"
    form_class = RejectForm
    dangerous = True

    def is_available(self, actor: Actor, obj: Certificate) -> bool:
        return obj.state != Certificate.State.REJECTED

    def explain(self, actor: Actor, obj: Certificate) -> list[Any]:
        return [
            _now("It does not count, and customers do not see it any more. The file and the reason are kept.")
        ]

    def perform(self, actor: Actor, obj: Certificate, data: dict[str, Any], key: str) -> Any:
        return services.reject_certificate(actor, certificate_id=obj.pk, reason=data["reason"])

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The certificate is rejected.")
