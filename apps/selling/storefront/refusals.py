"""What the checkout says when it refuses: in sentences, at the field, and for screen readers."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.kernel.errors import DomainError, OutOfStock, StaleQuote
from apps.kernel.web import sentence
from apps.selling.checkout.models import Checkout
from apps.selling.storefront.cards import money
from apps.selling.storefront.doors import Visit
from apps.selling.storefront.forms import CheckoutForm


def missing_words(error: OutOfStock) -> str:
    """Of what there is too little, and what was kept."""
    parts = []
    for line in error.context.get("lines", ()):
        left, title = line.get("available", 0), line.get("title", "")
        if left:
            parts.append(_("only %(left)s of “%(title)s” left") % {"left": left, "title": title})
        else:
            parts.append(_("“%(title)s” is sold out") % {"title": title})
    what = "; ".join(parts)
    return _(
        "%(what)s. Nothing was charged; your cart and everything you typed are kept. Change the quantity in your "
        "cart and continue."
    ) % {"what": what[:1].upper() + what[1:] if what else sentence(error)}


def left_words(done: Checkout) -> str:
    """What was ordered of a cart of several shops, what was not, and why."""
    ordered = ", ".join(str(order["number"]) for order in done.placed)
    parts = [
        "{}: {}".format(part["seller"], " ".join(one["message"] for one in part["reasons"]))
        for part in done.left
    ]
    return _("Ordered: %(ordered)s. Not ordered and not charged, still in your cart: %(left)s") % {
        "ordered": ordered, "left": "; ".join(parts)
    }  # fmt: skip


def put_on_form(form: CheckoutForm, error: DomainError) -> None:
    """Put each message at its field, else above the form."""
    for name, messages in error.fields.items():
        field = {"rate_id": "rate"}.get(name, name)
        for message in messages:
            form.add_error(field if field in form.fields else None, str(message))


def tie_errors(form: CheckoutForm) -> None:
    """Tie each error to its field for screen readers (Django ties the help text by itself)."""
    for name in form.errors:
        if name in form.fields:
            attrs = form.fields[name].widget.attrs
            attrs["aria-invalid"] = "true"
            ids = f"id_{name}_error"
            attrs["aria-describedby"] = f"id_{name}_helptext {ids}" if form.fields[name].help_text else ids


def refusal_words(visit: Visit, error: DomainError) -> str:
    """What stands above the form: what changed when a quote is worked out afresh, else what the error says."""
    before, now = error.context.get("total_before"), error.context.get("total_now")
    if isinstance(error, StaleQuote) and before is not None and now is not None and before != now:
        currency = visit.face.currency
        return _("The total is now %(now)s instead of %(before)s. Check it and press the button again.") % {
            "now": money(Decimal(now), currency), "before": money(Decimal(before), currency)
        }  # fmt: skip
    if isinstance(error, StaleQuote) and any(
        change["what"] == "promotion" for change in error.context.get("changes", ())
    ):
        return sentence(error)
    if isinstance(error, StaleQuote):
        return _("Prices or delivery were worked out afresh. Check the total and press the button again.")
    return sentence(error)
