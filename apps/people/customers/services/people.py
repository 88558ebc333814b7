"""Every write of customers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, lock_one
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import PostalAddress, clean_note, clean_text
from apps.people.customers.models import LOOK_AFTER, Customer, CustomerAddress, CustomerKeeper
from apps.people.customers.policies import ASSIGN, WRITE, can_act_on, can_record
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Membership

LONGEST_EMAIL = 254
# What `update_customer` changes.
CHANGEABLE = ("name", "email", "phone", "tags", "accepts_marketing", "note")
# A row and its two moments are written in one statement, a few microseconds apart.
UNTOUCHED = dt.timedelta(seconds=1)
# One statement for the buyer who is known and for the one who is new. Nobody's row is locked or written when
# she is known: a popular buyer must not make her orders wait for each other.
_RECORD = """
    WITH known AS (
        SELECT * FROM customers_customer WHERE business_id = %(business)s AND email = %(email)s
    ), added AS (
        INSERT INTO customers_customer (id, created_at, updated_at, business_id, name, email, phone, user_id, tags,
            accepts_marketing, note)
        SELECT %(id)s, %(now)s, %(now)s, %(business)s, %(name)s, %(email)s, %(phone)s, %(user)s, '{}',
            %(accepts_marketing)s, ''
        WHERE NOT EXISTS (SELECT 1 FROM known)
        ON CONFLICT (business_id, email) DO NOTHING
        RETURNING *
    )
    SELECT * FROM known UNION ALL SELECT * FROM added
"""


@use_case(audits=("customers.added", "customers.updated"))
def record_customer(
    actor: Actor,
    *,
    email: str | None,
    name: str = "",
    phone: str = "",
    user_id: UUID | None = None,
    accepts_marketing: bool = False,
) -> Customer:
    """The customer with this e-mail address, added when new; one query, two when two of her orders race.

    What is already known of her is not overwritten by what somebody types into an order form; blanks are
    filled. Without an address a new customer is made. Raises `InvalidInput` for an address that is none.
    """
    if not can_record(actor):
        raise PermissionRefused()
    email = normalise_email(email)
    facts = {
        "id": new_id(),
        "now": clock.now(),
        "business": require_business_id(),
        "name": name[:120],
        "email": email,
        "phone": phone[:32],
        "user": user_id,
        "accepts_marketing": accepts_marketing,
    }
    found = list(Customer.objects.raw(_RECORD, facts))
    # Somebody added her in the same instant: now committed, so this statement sees her.
    customer = found[0] if found else Customer.objects.get(email=email)
    is_new = customer.pk == facts["id"]
    if actor.own_customers_only:
        _claim(actor, customer, is_new=is_new)
    if is_new and actor.kind in {"user", "api_key"}:
        # Who buys makes herself known by the order, which is entered.
        audit.record(actor, "customers.added", customer, after={"accepts_marketing": accepts_marketing})
    _fill_blanks(actor, customer, name=name[:120], phone=phone[:32], accepts_marketing=accepts_marketing)
    return customer


def _claim(actor: Actor, customer: Customer, *, is_new: bool) -> None:
    """Whom a limited person adds she looks after; somebody else's customer is not handed out for an address."""
    if is_new and actor.id is not None:
        keep(customer, User.objects.get(pk=actor.id))
    elif not can_act_on(actor, customer):
        message = _("Somebody else looks after the customer with this e-mail address.")
        raise Conflict(message, code="customer_of_somebody_else", fields={"email": [message]})


def keep(customer: Customer, person: User) -> None:
    """Let somebody look after a customer."""
    assign_perm(LOOK_AFTER, person, customer)


def normalise_email(email: str | None) -> str | None:
    """The address in small letters, None when empty; raises `InvalidInput` when it is no address."""
    if not email or not email.strip():
        return None
    email = email.strip().lower()
    try:
        if len(email) > LONGEST_EMAIL:
            raise ValidationError("too long")
        validate_email(email)
    except ValidationError as error:
        message = _("Enter an e-mail address such as name@example.com.")
        raise InvalidInput(message, fields={"email": [message]}) from error
    return email


def _fill_blanks(actor: Actor, customer: Customer, *, name: str, phone: str, accepts_marketing: bool) -> None:
    changed = []
    if name and not customer.name:
        customer.name = name
        changed.append("name")
    if phone and not customer.phone:
        customer.phone = phone
        changed.append("phone")
    if accepts_marketing and not customer.accepts_marketing:
        customer.accepts_marketing = True
        changed.append("accepts_marketing")
    if changed:
        customer.save(update_fields=[*changed, "updated_at"])
        if actor.kind in {"user", "api_key"}:
            after = {field: getattr(customer, field) for field in changed}
            audit.record(actor, "customers.updated", customer, before=dict.fromkeys(changed), after=after)


@use_case(permission=WRITE, idempotent=True, audits="customers.updated")
def update_customer(
    actor: Actor,
    *,
    customer_id: UUID,
    changes: Mapping[str, Any],
    key: str | None = None,
) -> Customer:
    """Change what is known of a customer. Orders keep what was typed into them.

    `changes` are new values of `CHANGEABLE`; what is left out stays as it stands under the lock, so that nobody who
    changes a note brings back a consent that was withdrawn.
    Raises `NotFound`, `InvalidInput`, and `Conflict` when the address belongs to another customer.
    """
    customer = _lock(actor, customer_id)
    before = {field: getattr(customer, field) for field in CHANGEABLE}
    given = before | dict(changes)
    email = normalise_email(given["email"])
    if email and Customer.objects.filter(email=email).exclude(pk=customer.pk).exists():
        message = _("Another customer has this e-mail address.")
        raise Conflict(message, code="customer_email_taken", fields={"email": [message]})
    after = {
        "name": clean_text(given["name"], 120, "name"),
        "email": email,
        "phone": clean_text(given["phone"], 32, "phone"),
        "tags": sorted({clean_text(tag, 40, "tags") for tag in given["tags"] if tag.strip()}),
        "accepts_marketing": given["accepts_marketing"],
        "note": clean_note(given["note"]),
    }
    changed = {field: value for field, value in after.items() if value != before[field]}
    if changed:
        for field, value in changed.items():
            setattr(customer, field, value)
        customer.save(update_fields=[*changed, "updated_at"])
        audit.record(
            actor,
            "customers.updated",
            customer,
            before={name: before[name] for name in changed},
            after=changed,
        )
    return customer


@use_case(unaudited="copied from an order, whose placing is entered")
def remember_address(actor: Actor, *, customer_id: UUID, address: PostalAddress) -> CustomerAddress:
    """Keep where something was delivered; the first address of a customer becomes her default.

    The same address is kept once. Raises `NotFound` for a customer of somebody else.
    """
    if not can_record(actor):
        raise PermissionRefused()
    customer = _lock(actor, customer_id)
    fields = address.as_fields()
    known = list(customer.addresses(manager="objects").order_by("id"))
    for old in known:
        if all(getattr(old, name) == value for name, value in fields.items()):
            return old
    return CustomerAddress.objects.create(
        customer=customer, business_id=customer.business_id, is_default=not known, **fields
    )


@use_case(permission=ASSIGN, audits="customers.assigned")
def assign_customer(actor: Actor, *, customer_id: UUID, user_id: UUID) -> Customer:
    """Have a member look after a customer: with "own customers only" she sees these and their orders.

    Raises `NotFound` for a foreign customer, `InvalidInput` for somebody who does not work here.
    """
    customer = _lock(actor, customer_id)
    person = colleague(user_id)
    keep(customer, person)
    audit.record(actor, "customers.assigned", customer, after={"looked after by": person.name})
    return customer


@use_case(permission=ASSIGN, audits="customers.unassigned")
def unassign_customer(actor: Actor, *, customer_id: UUID, user_id: UUID) -> Customer:
    """End that a member looks after a customer. Repeating it changes nothing."""
    customer = _lock(actor, customer_id)
    keeper = CustomerKeeper.objects.filter(content_object=customer, user_id=user_id).select_related("user")
    found = keeper.first()
    if found is not None:
        remove_perm(LOOK_AFTER, found.user, customer)
        audit.record(actor, "customers.unassigned", customer, before={"looked after by": found.user.name})
    return customer


@use_case(unaudited="follows the end of a membership, which is entered")
def forget_keeper(actor: Actor, *, user_id: UUID) -> int:
    """End all that somebody looks after whose membership has ended; returns how many customers. For subscribers."""
    if actor.kind != "system":
        raise PermissionRefused()
    return CustomerKeeper.objects.filter(user_id=user_id).delete()[0]


@use_case(audits="customers.updated")
def note_advertising_choice(actor: Actor, *, email: str, wanted: bool) -> Customer | None:
    """Keep whether the customer with this address wants to hear from the business; None for a stranger. For
    subscribers."""
    if actor.kind != "system":
        raise PermissionRefused()
    known = Customer.objects.filter(email=normalise_email(email)).first()
    if known is None:
        return None
    customer = lock_one(Rank.ROOT, Customer.objects.filter(pk=known.pk))
    if customer.accepts_marketing != wanted:
        customer.accepts_marketing = wanted
        customer.save(update_fields=["accepts_marketing", "updated_at"])
        audit.record(
            actor,
            "customers.updated",
            customer,
            before={"accepts_marketing": not wanted},
            after={"accepts_marketing": wanted},
        )
    return customer


def _lock(actor: Actor, customer_id: UUID) -> Customer:
    customer = lock_one(Rank.ROOT, Customer.objects.filter(pk=customer_id))
    if not can_act_on(actor, customer):
        raise NotFound()
    return customer


def colleague(user_id: UUID) -> User:
    """Somebody who works here; raises `InvalidInput` for anybody else."""
    member = (
        Membership.objects.filter(user_id=user_id).exclude(status="invited").select_related("user").first()
    )
    if member is None:
        raise InvalidInput(fields={"user_id": [_("Choose somebody who works here.")]})
    return member.user


@use_case(permission=WRITE, unaudited="the import that brings them in is entered, with how many")
def add_customers(actor: Actor, *, people: Sequence[tuple[str, str | None]]) -> list[Customer]:
    """Customers by name and e-mail (small letters, None when not known), all new or known by their e-mail, in order.

    For imports of thousands: three statements for any number. What is known of a customer is not overwritten.
    """
    emails = {email for _name, email in people if email}
    known = {row.email: row for row in Customer.objects.filter(email__in=emails)} if emails else {}
    fresh: list[Customer] = []
    found: list[Customer] = []
    for name, email in people:
        customer = known.get(email) if email else None
        if customer is None:
            customer = Customer(id=new_id(), name=name[:120], email=email or None)
            fresh.append(customer)
            if email:
                known[email] = customer
        found.append(customer)
    Customer.objects.bulk_create(fresh, batch_size=2000)
    return found


@use_case(permission=WRITE, unaudited="the undo that takes them off is entered, with how many")
def withdraw_customers(
    actor: Actor, *, customer_ids: Sequence[UUID], unless: Sequence[str] = ()
) -> list[UUID]:
    """Take customers off whom nobody changed and nothing names but tables in `unless`; the ids that are gone."""
    rows = Customer.objects.filter(pk__in=customer_ids, updated_at__lt=F("created_at") + UNTOUCHED)
    free = set(rows.values_list("pk", flat=True))
    for relation in Customer._meta.related_objects:
        model = relation.related_model
        if model._meta.label_lower in unless or not free:
            continue
        name = relation.field.attname
        free -= set(model._default_manager.filter(**{f"{name}__in": free}).values_list(name, flat=True))
    Customer.objects.filter(pk__in=free).delete()
    return sorted(free)
