"""Suppliers, their people and places, what was said, and what they sell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django_countries import countries

from apps.goods.catalog.models import Variant
from apps.goods.catalog.text import clean_text
from apps.goods.purchasing.drafts import ItemDraft, SupplierDraft
from apps.goods.purchasing.events import SupplierAdded
from apps.goods.purchasing.models import (
    OrderState,
    PurchaseOrder,
    Supplier,
    SupplierAddress,
    SupplierContact,
    SupplierItem,
    SupplierNote,
)
from apps.goods.purchasing.policies import SUPPLIERS_WRITE
from apps.goods.purchasing.services import checking
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.series import rising_number
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_business

MOST_ITEMS = 1000
LONGEST_NOTE = 4000


@use_case(permission=SUPPLIERS_WRITE, idempotent=True, audits="suppliers.added")
def add_supplier(actor: Actor, *, draft: SupplierDraft, key: str | None = None) -> Supplier:
    """Know a supplier from now on. Without a code it gets a number, without a currency the business's.

    Publishes `purchasing.supplier_added`. Raises `InvalidInput`, `Conflict` for a code that is taken.
    """
    facts = _facts(draft)
    facts["code"] = facts["code"] or f"S-{rising_number('supplier', first=1):04d}"
    _check_code(facts["code"], other_than=None)
    supplier = Supplier.objects.create(**facts)
    publish(
        SupplierAdded(
            business_id=require_business_id(),
            supplier_id=supplier.pk,
            code=supplier.code,
            currency=supplier.currency,
        )
    )
    audit.record(actor, "suppliers.added", supplier, after=facts)
    return supplier


@use_case(permission=SUPPLIERS_WRITE, audits="suppliers.changed")
def update_supplier(actor: Actor, *, supplier_id: UUID, changes: Mapping[str, Any]) -> Supplier:
    """Change what is known of a supplier. Orders that were written keep their currency and costs.

    `changes` are new values by the names of `SupplierDraft`; what is left out stays as it stands under the lock, so
    that nobody who changes a note brings former terms back.
    Raises `NotFound`, `InvalidInput`, `Conflict` for a code that is taken or a currency that items are priced in.
    """
    supplier = lock_supplier(supplier_id)
    known = {field.name: getattr(supplier, field.name) for field in fields(SupplierDraft)}
    facts = _facts(SupplierDraft(**known | dict(changes)))
    facts["code"] = facts["code"] or supplier.code
    _check_code(facts["code"], other_than=supplier)
    if facts["currency"] != supplier.currency and _is_priced(supplier):
        message = _("Items or open orders are priced in %(currency)s. End and take them off first.") % {
            "currency": supplier.currency
        }
        raise Conflict(message, code="supplier_currency_in_use", fields={"currency": [message]})
    changed = {name: value for name, value in facts.items() if getattr(supplier, name) != value}
    if changed:
        before = {name: getattr(supplier, name) for name in changed}
        for name, value in changed.items():
            setattr(supplier, name, value)
        supplier.save(update_fields=[*changed, "updated_at"])
        audit.record(actor, "suppliers.changed", supplier, before=before, after=changed)
    return supplier


@use_case(permission=SUPPLIERS_WRITE, audits="suppliers.archived")
def archive_supplier(actor: Actor, *, supplier_id: UUID) -> Supplier:
    """Buy here no more: no new orders, no proposals. What was ordered goes on. Repeating it changes nothing."""
    supplier = lock_supplier(supplier_id)
    if supplier.status != Supplier.Status.ARCHIVED:
        _set_status(supplier, Supplier.Status.ARCHIVED)
        audit.record(actor, "suppliers.archived", supplier)
    return supplier


@use_case(permission=SUPPLIERS_WRITE, audits="suppliers.restored")
def restore_supplier(actor: Actor, *, supplier_id: UUID) -> Supplier:
    """Buy here again. Repeating it changes nothing."""
    supplier = lock_supplier(supplier_id)
    if supplier.status != Supplier.Status.ACTIVE:
        _set_status(supplier, Supplier.Status.ACTIVE)
        audit.record(actor, "suppliers.restored", supplier)
    return supplier


@use_case(permission=SUPPLIERS_WRITE, idempotent=True, audits="suppliers.contact_added")
def add_contact(
    actor: Actor,
    *,
    supplier_id: UUID,
    name: str,
    job: str = "",
    email: str = "",
    phone: str = "",
    takes_orders: bool = False,
    key: str | None = None,
) -> SupplierContact:
    """Know a person at the supplier. Who takes orders needs an e-mail address."""
    supplier = lock_supplier(supplier_id)
    address = checking.email_of(email)
    if takes_orders and not address:
        raise InvalidInput(fields={"email": [_("Orders are sent by e-mail: enter an address.")]})
    contact = SupplierContact.objects.create(
        supplier=supplier,
        name=checking.required_text(name, "name", 120),
        job=checking.line_of_text(job, "job", 80),
        email=address,
        phone=checking.line_of_text(phone, "phone", 32),
        takes_orders=takes_orders,
    )
    # The name stays out of the trail: a person who leaves the supplier is taken off and forgotten.
    audit.record(actor, "suppliers.contact_added", supplier, after={"takes orders": takes_orders})
    return contact


@use_case(permission=SUPPLIERS_WRITE, audits="suppliers.contact_removed")
def remove_contact(actor: Actor, *, supplier_id: UUID, contact_id: UUID) -> Supplier:
    """Forget a person at the supplier. Orders that were sent keep the address they went to."""
    supplier = lock_supplier(supplier_id)
    gone, _models = SupplierContact.objects.filter(pk=contact_id, supplier=supplier).delete()
    if not gone:
        raise NotFound()
    audit.record(actor, "suppliers.contact_removed", supplier)
    return supplier


@use_case(permission=SUPPLIERS_WRITE, idempotent=True, audits="suppliers.address_added")
def add_address(
    actor: Actor,
    *,
    supplier_id: UUID,
    kind: str,
    line1: str,
    city: str,
    country: str,
    line2: str = "",
    region: str = "",
    postcode: str = "",
    key: str | None = None,
) -> SupplierAddress:
    """Know a place of the supplier. Raises `InvalidInput` for a country that is none."""
    supplier = lock_supplier(supplier_id)
    if kind not in SupplierAddress.Kind.values:
        raise InvalidInput(fields={"kind": [_("Choose one of the kinds.")]})
    country = country.strip().upper()
    if country not in countries:
        raise InvalidInput(fields={"country": [_("Choose a country from the list.")]})
    address = SupplierAddress.objects.create(
        supplier=supplier,
        kind=kind,
        line1=checking.required_text(line1, "line1", 120),
        line2=checking.line_of_text(line2, "line2", 120),
        city=checking.required_text(city, "city", 80),
        region=checking.line_of_text(region, "region", 80),
        postcode=checking.line_of_text(postcode, "postcode", 20),
        country=country,
    )
    audit.record(actor, "suppliers.address_added", supplier, after={"kind": kind, "country": country})
    return address


@use_case(permission=SUPPLIERS_WRITE, audits="suppliers.address_removed")
def remove_address(actor: Actor, *, supplier_id: UUID, address_id: UUID) -> Supplier:
    """Forget a place of the supplier."""
    supplier = lock_supplier(supplier_id)
    gone, _models = SupplierAddress.objects.filter(pk=address_id, supplier=supplier).delete()
    if not gone:
        raise NotFound()
    audit.record(actor, "suppliers.address_removed", supplier)
    return supplier


@use_case(permission=SUPPLIERS_WRITE, idempotent=True, audits="suppliers.noted")
def log_note(
    actor: Actor,
    *,
    supplier_id: UUID,
    text: str,
    channel: str = SupplierNote.Channel.CALL,
    happened_on: dt.date | None = None,
    key: str | None = None,
) -> SupplierNote:
    """Enter what was said with a supplier, today or on an earlier day. Entries stay as they were written."""
    supplier = lock_supplier(supplier_id)
    today = clock.today(get_business(require_business_id()).time_zone)
    words = clean_text(text, "text", LONGEST_NOTE)
    if not words:
        raise InvalidInput(fields={"text": [_("Write what was said.")]})
    if channel not in SupplierNote.Channel.values:
        raise InvalidInput(fields={"channel": [_("Choose one of the ways.")]})
    note = SupplierNote.objects.create(
        supplier=supplier,
        channel=channel,
        happened_on=checking.day_of(happened_on or today, "happened_on", today, may_be_ahead=False),
        text=words,
        actor_label=actor.label[:200],
    )
    audit.record(actor, "suppliers.noted", supplier, after={"how": channel})
    return note


@use_case(permission=SUPPLIERS_WRITE, audits="suppliers.items_set")
def set_items(actor: Actor, *, supplier_id: UUID, items: Sequence[ItemDraft]) -> list[SupplierItem]:
    """Add or change what a supplier sells, by variant; items that are not named stay.

    The first supplier of a variant is where it is bought first; a preferred one takes that from another. Raises
    `NotFound` for a foreign variant, `InvalidInput` for costs and quantities that cannot be meant.
    """
    drafts = {draft.variant_id: _checked(draft) for draft in items}
    if not drafts:
        raise InvalidInput(_("Enter at least one item."))
    if len(drafts) > MOST_ITEMS:
        raise InvalidInput(_("Set at most %(most)s items at once.") % {"most": MOST_ITEMS})
    supplier = lock_supplier(supplier_id)
    # Locked, so that two suppliers who get the same new variant at once do not both become the preferred one.
    variants = {
        variant.pk: variant for variant in lock(Rank.ROOT, Variant.objects.filter(pk__in=list(drafts)))
    }
    if missing := set(drafts) - set(variants):
        raise NotFound(variant_id=min(missing))
    known = list(SupplierItem.objects.filter(variant_id__in=list(drafts)))
    mine = {item.variant_id: item for item in known if item.supplier_id == supplier.pk}
    preferred = {item.variant_id: item for item in known if item.is_preferred}
    kept = []
    for variant_id, draft in drafts.items():
        facts = asdict(draft)
        facts["is_preferred"] = draft.is_preferred or preferred.get(variant_id) in (
            None,
            mine.get(variant_id),
        )
        loser = preferred.get(variant_id)
        if draft.is_preferred and loser is not None and loser.supplier_id != supplier.pk:
            loser.is_preferred = False
            loser.save(update_fields=["is_preferred", "updated_at"])
        item = mine.get(variant_id) or SupplierItem(supplier=supplier)
        for name, value in facts.items():
            setattr(item, name, value)
        item.save()
        kept.append(item)
    costs = {variants[item.variant_id].sku or str(item.variant_id): item.cost for item in kept[:50]}
    audit.record(actor, "suppliers.items_set", supplier, after={"items": len(kept), "costs": costs})
    return kept


@use_case(permission=SUPPLIERS_WRITE, audits="suppliers.items_removed")
def remove_items(actor: Actor, *, supplier_id: UUID, variant_ids: Sequence[UUID]) -> Supplier:
    """The supplier sells these no more. Orders that were written stay. Raises `NotFound` when none was sold."""
    supplier = lock_supplier(supplier_id)
    gone, _models = SupplierItem.objects.filter(supplier=supplier, variant_id__in=list(variant_ids)).delete()
    if not gone:
        raise NotFound()
    audit.record(actor, "suppliers.items_removed", supplier, after={"items": gone})
    return supplier


def lock_supplier(supplier_id: UUID) -> Supplier:
    """The supplier, locked; raises `NotFound`."""
    supplier: Supplier = lock_one(Rank.ROOT, Supplier.objects.filter(pk=supplier_id))
    return supplier


def check_active(supplier: Supplier) -> None:
    """Refuse to begin something new with an archived supplier."""
    if supplier.status != Supplier.Status.ACTIVE:
        raise WrongState(
            _("%(name)s is archived.") % {"name": supplier.name},
            code="supplier_archived",
            remedy=_("Restore the supplier first, or choose another."),
        )


def _is_priced(supplier: Supplier) -> bool:
    """Whether amounts stand in the supplier's currency that would say something else in another."""
    ended = (OrderState.CLOSED, OrderState.CANCELLED)
    open_orders = PurchaseOrder.objects.filter(supplier=supplier).exclude(state__in=ended)
    return SupplierItem.objects.filter(supplier=supplier).exists() or open_orders.exists()


def _set_status(supplier: Supplier, status: str) -> None:
    supplier.status = status
    supplier.save(update_fields=["status", "updated_at"])


def _facts(draft: SupplierDraft) -> dict[str, Any]:
    currency = checking.currency_of(draft.currency or get_business(require_business_id()).currency)
    least = draft.minimum_order
    return {
        "name": checking.required_text(draft.name, "name", 160),
        "code": checking.line_of_text(draft.code, "code", 20),
        "currency": currency,
        "tax_number": checking.line_of_text(draft.tax_number, "tax_number", 40),
        "tax_rate": checking.tax_rate_of(draft.tax_rate),
        "payment_days": checking.days_of(draft.payment_days, "payment_days"),
        "lead_days": checking.days_of(draft.lead_days, "lead_days"),
        "minimum_order": None if least is None else checking.amount_of(least, currency, "minimum_order"),
        "website": checking.line_of_text(draft.website, "website", 200),
        "note": clean_text(draft.note, "note", LONGEST_NOTE),
    }


def _check_code(code: str, *, other_than: Supplier | None) -> None:
    taken = Supplier.objects.filter(code__iexact=code)
    if other_than is not None:
        taken = taken.exclude(pk=other_than.pk)
    if taken.exists():
        message = _("Another supplier has the code %(code)s.") % {"code": code}
        raise Conflict(message, code="supplier_code_taken", fields={"code": [message]})


def _checked(draft: ItemDraft) -> ItemDraft:
    cost, pack_cost = draft.cost, draft.pack_cost
    if pack_cost is not None:
        pack_cost = checking.cost_of(pack_cost, "pack_cost")
        if draft.pack_size < 2:
            raise InvalidInput(fields={"pack_size": [_("Say how many are in a pack, two or more.")]})
        cost = (pack_cost / draft.pack_size).quantize(Decimal("0.0001"))
    if cost is None:
        raise InvalidInput(fields={"cost": [_("Enter what one costs, or a pack.")]})
    return ItemDraft(
        variant_id=draft.variant_id,
        cost=checking.cost_of(cost),
        pack_cost=pack_cost,
        supplier_sku=checking.line_of_text(draft.supplier_sku, "supplier_sku", 120),
        pack_size=checking.quantity_of(draft.pack_size, "pack_size"),
        minimum_quantity=checking.quantity_of(draft.minimum_quantity, "minimum_quantity"),
        lead_days=None if draft.lead_days is None else checking.days_of(draft.lead_days, "lead_days"),
        is_preferred=draft.is_preferred,
    )
