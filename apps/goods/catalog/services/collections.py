"""Collections: products put together by hand or by rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import UNSET
from apps.goods.catalog.events import CollectionChanged
from apps.goods.catalog.models import Collection, CollectionItem, FormerAddress, Product
from apps.goods.catalog.rules import check_rules
from apps.goods.catalog.services.addresses import (
    address_taken,
    checked_slug,
    forget_addresses,
    free_address,
    remember_address,
)
from apps.goods.catalog.services.shelf_words import checked_words
from apps.goods.catalog.text import clean_text
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.locks import Rank
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case

MOST_PRODUCTS = 1000
Rule = Mapping[str, Any]


@use_case(permission="products.arrange", idempotent=True, audits="products.collection_added")
def create_collection(
    actor: Actor,
    *,
    name: str,
    kind: str = Collection.Kind.MANUAL,
    slug: str = "",
    description: str = "",
    seo_title: str = "",
    seo_description: str = "",
    rules: Sequence[Rule] = (),
    match: str = Collection.Match.ALL,
    key: str | None = None,
) -> Collection:
    """Add a collection, not shown yet: by hand and empty, or by rules that the database is asked with each look.

    Publishes `catalog.collection_changed`. Raises `InvalidInput`, and `Conflict` for an address that is taken.
    """
    label = _checked_name(name)
    by_rules = kind == Collection.Kind.RULES
    if kind not in Collection.Kind.values:
        raise InvalidInput(fields={"kind": [_("Choose by hand or by rules.")]})
    collection = Collection(
        name=label,
        slug=checked_slug(slug) if slug else _free_slug(label),
        **checked_words(description=description, seo_title=seo_title, seo_description=seo_description),
        kind=kind,
        match=_checked_match(match) if by_rules else Collection.Match.ALL,
        rules=check_rules(rules) if by_rules else [],
    )
    if slug and Collection.objects.filter(slug=collection.slug).exists():
        raise address_taken(collection.slug)
    _save(collection)
    audit.record(actor, "products.collection_added", collection, after={"name": label, "kind": kind})
    _tell(collection)
    return collection


@use_case(permission="products.arrange", audits="products.collection_changed")
def change_collection(
    actor: Actor,
    *,
    collection_id: UUID,
    name: str = UNSET,
    slug: str = UNSET,
    description: str = UNSET,
    seo_title: str = UNSET,
    seo_description: str = UNSET,
    rules: Sequence[Rule] = UNSET,
    match: str = UNSET,
) -> Collection:
    """Change what is said about a collection, or its rules; former links lead on. Nothing changed writes nothing.

    Publishes `catalog.collection_changed`. Raises as `create_collection`, and `WrongState` for rules of one by hand.
    """
    values: dict[str, Any] = {}
    if name is not UNSET:
        values["name"] = _checked_name(name)
    if slug is not UNSET:
        values["slug"] = checked_slug(slug)
    values |= checked_words(description=description, seo_title=seo_title, seo_description=seo_description)
    if rules is not UNSET:
        values["rules"] = check_rules(rules)
    if match is not UNSET:
        values["match"] = _checked_match(match)
    collection = _lock(collection_id)
    if {"rules", "match"} & values.keys() and collection.kind != Collection.Kind.RULES:
        raise WrongState(_("The products of “%(name)s” are chosen by hand.") % {"name": collection.name})
    changed = {field: value for field, value in values.items() if getattr(collection, field) != value}
    if not changed:
        return collection
    if "slug" in changed and Collection.objects.filter(slug=changed["slug"]).exists():
        raise address_taken(changed["slug"])
    before = {field: getattr(collection, field) for field in changed}
    for field, value in changed.items():
        setattr(collection, field, value)
    _save(collection, [*changed, "updated_at"])
    if "slug" in changed:
        remember_address(FormerAddress.Kind.COLLECTION, collection.pk, before["slug"], collection.slug)
    audit.record(actor, "products.collection_changed", collection, before=before, after=changed)
    _tell(collection)
    return collection


@use_case(permission="products.arrange", audits="products.collection_changed")
def set_collection_products(actor: Actor, *, collection_id: UUID, product_ids: Sequence[UUID]) -> Collection:
    """Put exactly these products into a collection made by hand, in this order.

    Publishes `catalog.collection_changed`. Raises `NotFound` for a foreign product, `WrongState` for one by rules.
    """
    wanted = list(dict.fromkeys(product_ids))
    if len(wanted) > MOST_PRODUCTS:
        raise InvalidInput(
            fields={"products": [_("Use at most %(most)s products.") % {"most": MOST_PRODUCTS}]}
        )
    collection = _lock(collection_id)
    if collection.kind != Collection.Kind.MANUAL:
        raise WrongState(_("The products of “%(name)s” are found by rules.") % {"name": collection.name})
    items = CollectionItem.objects.filter(collection=collection)
    known = list(items.order_by("position", "pk").values_list("product_id", flat=True))
    if known == wanted:
        return collection
    if Product.objects.filter(pk__in=wanted).count() != len(wanted):
        raise NotFound()
    items.delete()
    CollectionItem.objects.bulk_create(
        CollectionItem(collection=collection, product_id=product_id, position=position)
        for position, product_id in enumerate(wanted, start=1)
    )
    audit.record(
        actor,
        "products.collection_changed",
        collection,
        before={"products": len(known)},
        after={"products": len(wanted)},
    )
    _tell(collection)
    return collection


@use_case(permission="products.arrange", audits="products.collection_changed")
def show_collection(actor: Actor, *, collection_id: UUID, published: bool) -> Collection:
    """Show a collection in the store, or no longer. Publishes `catalog.collection_changed`."""
    collection = _lock(collection_id)
    if collection.published == published:
        return collection
    collection.published = published
    collection.save(update_fields=["published", "updated_at"])
    audit.record(
        actor,
        "products.collection_changed",
        collection,
        before={"published": not published},
        after={"published": published},
    )
    _tell(collection)
    return collection


@use_case(permission="products.arrange", audits="products.collection_deleted")
def delete_collection(actor: Actor, *, collection_id: UUID) -> None:
    """Take a collection away; its products stay as they are. Publishes `catalog.collection_changed`."""
    collection = _lock(collection_id)
    forget_addresses(FormerAddress.Kind.COLLECTION, collection.pk)
    audit.record(actor, "products.collection_deleted", collection, before={"name": collection.name})
    collection.published = False
    _tell(collection)
    collection.delete()


def _tell(collection: Collection) -> None:
    publish(
        CollectionChanged(
            business_id=require_business_id(), collection_id=collection.pk, published=collection.published
        )
    )


def _lock(collection_id: UUID) -> Collection:
    return locks.lock_one(Rank.ROOT, Collection.objects.filter(pk=collection_id))


def _free_slug(name: str) -> str:
    return free_address(name, "collection", set(Collection.objects.values_list("slug", flat=True)))


def _save(collection: Collection, fields: list[str] | None = None) -> None:
    try:
        collection.save(update_fields=fields)
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if constraint == "catalog_collection_slug_unique":
            raise address_taken(collection.slug) from error
        raise


def _checked_name(name: str) -> str:
    label = clean_text(name, "name", 255)
    if not label:
        raise InvalidInput(fields={"name": [_("A collection needs a name.")]})
    return label


def _checked_match(match: str) -> str:
    if match not in Collection.Match.values:
        raise InvalidInput(fields={"match": [_("Choose all or any of the rules.")]})
    return match
