"""Payments name what is paid, not who pays; words of people stand at refunds and discrepancies."""

from __future__ import annotations

from django.db.models import F, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.money import format_money
from apps.kernel.privacy import Kept, Person, hindrance, impersonal, personal
from apps.selling.payments.models import Discrepancy, Payment, Refund
from apps.selling.payments.states import PENDING_REFUNDS, RefundState

_PAPERS = _("Tax law asks for the records of money that came and went.")

personal(
    "payments.refund", "reason", "requested_by",
    title=_("Refunds asked of the payment company"),
    of={"customer": lambda person: Q(payment__owner_id__in=person.ids_of("orders.order"))},
    erasure=Kept(_PAPERS, years=10),
)  # fmt: skip
personal(
    "payments.discrepancy", "resolved_by", "note",
    title=_("Payments that did not fit"),
    of={"customer": lambda person: Q(payment__owner_id__in=person.ids_of("orders.order"))},
    erasure=Kept(_PAPERS, years=10),
)  # fmt: skip
_WHAT = "names what is paid, the company, or the company's own number for it"
impersonal(
    "payments.provideraccount", "provider", "settings", because="the business's own account at the company"
)
impersonal("payments.payment", "owner_type", "reference", "currency", "provider", "return_url", because=_WHAT)
impersonal(
    "payments.paymentattempt",
    "provider",
    "provider_ref",
    "redirect_url",
    "error",
    "authorised_ref",
    because=_WHAT,
)
impersonal("payments.capture", "provider_ref", "learned_from", because=_WHAT)
impersonal("payments.refund", "provider_ref", "error", because=_WHAT)
impersonal("payments.dispute", "provider", "provider_ref", "reason", because=_WHAT)
impersonal("payments.webhookreceipt", "provider", "event_id", "kind", "body_sha256", "fact", because=_WHAT)
impersonal("payments.discrepancy", "provider", "provider_ref", "said_currency", because=_WHAT)


@hindrance("customer")
def money_owed(person: Person) -> list[str]:
    """Money that is on its way back, or that came and does not fit, must be settled with her first."""
    mine = Payment.objects.filter(owner_type="order", owner_id__in=person.ids_of("orders.order"))
    said = []
    owed = Refund.objects.filter(payment__in=mine, state__in=(*PENDING_REFUNDS, RefundState.FAILED))
    for refund in owed.select_related("payment").order_by("pk"):
        amount = format_money(refund.amount, refund.payment.currency, "en")
        said.append(
            _now("%(amount)s of %(what)s is still to be paid back.")
            % {"amount": amount, "what": refund.payment.reference}
        )
    unsettled = Discrepancy.objects.filter(payment__in=mine, resolved_at__isnull=True)
    for what in unsettled.values_list(F("payment__reference"), flat=True).order_by("pk"):
        said.append(_now("A payment of %(what)s does not fit and is not settled.") % {"what": what})
    return said
