"""Which certificate of analysis belongs to which lot: a certificate names its lot by the code on the paper."""

from __future__ import annotations

from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Certificate
from apps.goods.inventory.lot_pages import TONES, expiry_words, lot_url, with_pieces
from apps.goods.inventory.models import Lot
from apps.goods.inventory.page_parts import full_name
from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_state
from apps.platform.backoffice.detail import Section, tells_of

MOST_SHOWN = 50


@tells_of(Lot)
def certificates_of_lot(actor: Actor, lot: Lot) -> list[Section]:
    """The certificates of the lot's product that name it; nothing where there are none."""
    if not actor.may("products.read"):
        return []
    named = Certificate.objects.filter(product__variants=lot.variant_id, lot_code__iexact=lot.code)
    found = list(named.order_by("-id")[:MOST_SHOWN])
    if not found:
        return []
    rows = [
        [
            format_html(
                '<a href="{}">{}</a>',
                reverse("admin:catalog_certificate_change", args=[paper.pk]),
                paper.lab or _now("Certificate"),
            ),
            paper.issued_on or "–",
            paper.get_state_display(),
            _now("read it") if paper.is_public else _now("do not see it"),
        ]
        for paper in found
    ]
    columns = [_("Laboratory"), _("Issued on"), _("State"), _("Customers")]
    return [Section(_("Certificates of analysis"), columns=columns, rows=rows)]


@tells_of(Certificate)
def lots_of_certificate(actor: Actor, paper: Certificate) -> list[Section]:
    """The lots that the certificate speaks of, and how much of them lies there."""
    if not paper.lot_code or not actor.may("stock.read"):
        return []
    named = Lot.objects.annotate(upper=Upper("code")).filter(
        variant__product=paper.product_id, upper=paper.lot_code.upper()
    )
    rows = [
        [
            format_html('<a href="{}">{}</a>', lot_url(lot.pk), lot.code),
            full_name(lot.variant),
            format_state(lot.state, lot.get_state_display(), TONES[lot.state]),
            expiry_words(lot),
            lot.lying,
        ]
        for lot in with_pieces(named.select_related("variant__product")).order_by("pk")[:MOST_SHOWN]
    ]
    return [
        Section(
            _("The lot"),
            columns=[_("Lot"), _("Item"), _("State"), _("Last day"), _("On hand")],
            rows=rows,
            align={4: "end"},
            empty=_("No delivery of a lot with this code was received yet."),
        )
    ]
