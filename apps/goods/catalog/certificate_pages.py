"""Certificates of analysis in the back office, and what a product's page says of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.certificate_verbs import (
    ApproveCertificate,
    RejectCertificate,
    ReviewCertificate,
    SetLicensedTrade,
    UploadCertificate,
)
from apps.goods.catalog.models import Certificate, CertificateResult, Product
from apps.goods.catalog.services.certificates import LOOK_TWICE
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_state, moment_column, state_column, text_column
from apps.platform.backoffice.detail import Fact, Section, Step, tells_of
from apps.platform.backoffice.tabs import Tab
from apps.platform.media import attachables
from apps.platform.media.selectors import read_address

MOST_SHOWN = 20
attachables.join(Certificate, read="products.read", change="products.change")


def _store(certificate: Certificate) -> str:
    return format_state("published", _("In the store"), "good") if certificate.is_public else ""


_store.short_description = _("Store")  # type: ignore[attr-defined]


@register(Certificate)
class CertificateAdmin(TenantModelAdmin):
    """Certificates by what they wait for."""

    read_permission = "products.read"
    list_display = [
        text_column("product.title", description=_("Product")),
        "lot_code",
        "lab",
        state_column("state", description=_("State")),
        _store,
        moment_column("created_at", description=_("Added")),
    ]
    list_select_related = ["product"]
    search_fields = ["lot_code__istartswith", "product__title__icontains"]
    search_help_text = _("Lot or product")
    ordering = ["-id"]
    verbs = [ReviewCertificate, ApproveCertificate, RejectCertificate]
    list_verbs = [UploadCertificate, SetLicensedTrade]
    tabs = [
        Tab("waiting", _("To do"), Q(state__in=["reading", "review"])),
        Tab("approved", _("Approved"), Q(state="approved")),
        Tab("rejected", _("Rejected"), Q(state="rejected")),
        Tab("all", _("All")),
    ]
    empty_title = _("No certificates here")
    empty_text = _("Upload a laboratory's paper; it is read by itself and waits for you to look at it.")
    empty_verb = "add"

    def facts(self, actor: Actor, obj: Certificate) -> list[Fact]:
        file = obj.media
        return [
            Fact(
                _("Product"),
                obj.product.title,
                url=reverse("admin:catalog_product_change", args=[obj.product_id]),
            ),
            Fact(_("Lot"), obj.lot_code),
            Fact(_("Laboratory"), obj.lab),
            Fact(_("Issued on"), obj.issued_on),
            Fact(_("File"), file.name if file else "", url=read_address(file) if file else ""),
            Fact(
                _("Read from"), obj.get_read_from_display() if obj.state != Certificate.State.READING else ""
            ),
            Fact(_("Customers"), _("read it") if obj.is_public else _("do not see it")),
            Fact(_("Decided by"), say_who(obj.decided_by), help=obj.reason),
        ]

    def sections(self, actor: Actor, obj: Certificate) -> list[Section]:
        if obj.state == Certificate.State.READING:
            words = _now("The file is being read. This takes a moment; a scanned paper up to a few minutes.")
            return [Section(_("Results"), html=format_html('<p class="mdk-soft">{}</p>', words))]
        return [results_section(obj.results.order_by("position", "id"))]

    def timeline(self, actor: Actor, obj: Certificate) -> list[Step]:
        steps = [Step(at=obj.created_at, text=_now("Added"))]
        if obj.decided_at:
            tone = "good" if obj.state == Certificate.State.APPROVED else ""
            text = obj.get_state_display()
            steps.insert(0, Step(at=obj.decided_at, text=text, actor=obj.decided_by, tone=tone))
        return steps


def results_section(results: Iterable[CertificateResult]) -> Section:
    """The results as a table, with the line of the file each was read in."""
    return Section(
        _("Results"),
        columns=[_("Test"), _("Result"), _("Certainty"), _("Line in the file")],
        rows=[[row.analyte, said(row), _certainty(row), row.line or "–"] for row in results],
        align={1: "end"},
        empty=_("No result yet. Enter them under Review."),
    )


def said(row: CertificateResult) -> Any:
    """The value with its unit, or the verdict."""
    if row.value is not None:
        return f"{row.value.normalize():f} {row.unit}".strip()
    return _("Passed") if row.passed else _("Not passed")


def _certainty(row: CertificateResult) -> Any:
    if row.confidence == 100:
        return _("looked at")
    words = _now("%(sure)s %%, look twice") if row.confidence < LOOK_TWICE else "%(sure)s %%"
    return words % {"sure": row.confidence}


@tells_of(Product)
def certificates_of(actor: Actor, product: Product) -> list[Section]:
    """Its certificates on a product's page; nothing where there are none."""
    if not actor.may("products.read"):
        return []
    found = list(Certificate.objects.filter(product=product).order_by("-id")[:MOST_SHOWN])
    if not found:
        return []
    rows = [
        [
            format_html(
                '<a href="{}">{}</a>',
                reverse("admin:catalog_certificate_change", args=[row.pk]),
                row.lot_code or _now("Certificate"),
            ),
            row.lab or "–",
            row.issued_on or "–",
            row.get_state_display(),
        ]
        for row in found
    ]
    return [
        Section(
            _("Certificates of analysis"),
            columns=[_("Lot"), _("Laboratory"), _("Issued on"), _("State")],
            rows=rows,
        )
    ]


nav.register(
    section="Catalogue",
    label=_("Certificates"),
    url="admin:catalog_certificate_changelist",
    under="admin:catalog_product_changelist",
    permission="products.read",
    icon="verified",
    order=23,
)
