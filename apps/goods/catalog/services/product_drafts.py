"""Preparing a change of a product: written beside the shop, compared, published at once or at a time."""

from __future__ import annotations

import datetime as dt
import secrets
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.goods.catalog.amounts import checked_rule
from apps.goods.catalog.contents import (
    LABELS,
    LICENSED,
    PRICES,
    SAID,
    Content,
    content_of,
    merge_of,
    plain,
    value_at,
)
from apps.goods.catalog.drafts import checked_amount
from apps.goods.catalog.models import LicensedTrade, Product, ProductDraft, ProductVersion, Variant
from apps.goods.catalog.services.keeping import Way, hold_versions, keep_version
from apps.goods.catalog.services.licensed import checked_licensed, describe_licensed
from apps.goods.catalog.services.products import checked_fields, lock_product, update_product
from apps.goods.catalog.services.variants import update_variant
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, WrongState
from apps.kernel.use_cases import use_case

State = ProductDraft.State
OPEN = (State.OPEN, State.SCHEDULED, State.STOPPED)


@use_case(permission="products.change", idempotent=True, audits="products.draft_begun")
def begin_draft(
    actor: Actor, *, product_id: UUID, version_id: UUID | None = None, key: str | None = None
) -> ProductDraft:
    """Begin a draft of what the product says now, or of an old version of it. The store shows nothing of it.

    Raises `WrongState` (`draft_open`) while there is one already, naming who began it; `NotFound`.
    """
    product = lock_product(product_id)
    there = ProductDraft.objects.filter(product=product, state__in=OPEN).first()
    if there is not None:
        raise WrongState(
            _("%(who)s has begun a draft of this product already.") % {"who": there.begun_by},
            code="draft_open",
            remedy=_("Go on with that one, or discard it."),
            draft_id=there.pk,
        )
    base = live_content(product)
    content = base
    if version_id is not None:
        version = ProductVersion.objects.filter(pk=version_id, product=product).first()
        if version is None:
            raise NotFound()
        prices = {key: version.content[PRICES].get(key, said) for key, said in base[PRICES].items()}
        content = {**base, **version.content, PRICES: prices}
    draft: ProductDraft = ProductDraft.objects.create(
        product=product, base=base, content=content, token=secrets.token_urlsafe(32), begun_by=actor.label[:200],
        changed_by=actor.label[:200],
    )  # fmt: skip
    audit.record(actor, "products.draft_begun", draft, after={"product": product.title})
    return draft


@use_case(permission="products.change", audits="products.draft_changed")
def change_draft(
    actor: Actor,
    /,
    *,
    draft_id: UUID,
    prices: dict[str, dict[str, Decimal | None]] | None = None,
    **said: Any,
) -> ProductDraft:
    """Change what a draft says; what is left out stays. `prices` are by variant: price and compare_at_price.

    Prices need `products.price`. Raises as `update_product`, `WrongState` for one that is published or discarded.
    """
    draft, product = lock_draft(draft_id)
    if unknown := set(said) - {*SAID, *LICENSED}:
        raise InvalidInput(fields={name: [_("A draft does not hold this.")] for name in sorted(unknown)})
    content: Content = {**draft.content, PRICES: dict(draft.content[PRICES])}
    content |= {name: plain(value) for name, value in _checked(product, content, said).items()}
    for key, given in (prices or {}).items():
        if key not in content[PRICES]:
            raise NotFound()
        asked = {
            name: plain(checked_amount(value, name, required=name == "price"))
            for name, value in given.items()
            if name in ("price", "compare_at_price")
        }
        now = {**content[PRICES][key], **asked}
        if now != content[PRICES][key]:
            actor.require("products.price")
            content[PRICES][key] = now
    if content == draft.content:
        return draft
    draft.content, draft.changed_by = content, actor.label[:200]
    if draft.state == State.STOPPED:
        draft.state, draft.problem = State.OPEN, ""
    draft.save()
    merge = merge_of(draft.base, content, draft.base)
    audit.record(actor, "products.draft_changed", draft, after={"differs": merge.mine})
    return draft


def _checked(product: Product, content: Content, said: dict[str, Any]) -> Content:
    values = checked_fields(**{name: value for name, value in said.items() if name in SAID})
    draft = Product(**{name: content[name] for name in ("order_min", "order_max", "order_step")})
    values |= checked_rule(draft, values)
    if licensed := {name: value for name, value in said.items() if name in LICENSED}:
        trade = LicensedTrade.objects.filter(is_on=True).first()
        if trade is None:
            raise WrongState(_("This business does not sell licensed goods."), code="not_in_licensed_trade")
        whole = {**{name: _number(content[name], name) for name in LICENSED}, **licensed}
        values |= checked_licensed(whole, [*trade.classifications, product.classification])
    return values


def _number(value: Any, name: str) -> Any:
    return Decimal(value) if value is not None and name[:3] in ("thc", "cbd") else value


@use_case(permission="products.change", audits="products.draft_discarded")
def discard_draft(actor: Actor, *, draft_id: UUID) -> ProductDraft:
    """Throw a draft away; its preview ends. The store is not touched."""
    draft, _product = lock_draft(draft_id)
    draft.state, draft.publish_at = State.DISCARDED, None
    draft.save()
    audit.record(actor, "products.draft_discarded", draft)
    return draft


@use_case(permission="products.publish", audits="products.draft_scheduled")
def schedule_draft(actor: Actor, *, draft_id: UUID, publish_at: dt.datetime | None) -> ProductDraft:
    """Have a draft published at a time to come; None takes the time away. Raises `InvalidInput` for the past."""
    draft, _product = lock_draft(draft_id)
    if publish_at is not None:
        may_publish(actor, draft)
        if publish_at <= clock.now():
            raise InvalidInput(fields={"publish_at": [_("Choose a time to come, or publish it now.")]})
    draft.publish_at = publish_at
    draft.scheduled_by = actor.label[:200] if publish_at else ""
    draft.scheduled_by_id = actor.id if publish_at and actor.kind == "user" else None
    draft.failures, draft.try_again_at = 0, None
    draft.state, draft.problem = (State.SCHEDULED if publish_at else State.OPEN), ""
    draft.save()
    audit.record(actor, "products.draft_scheduled", draft, after={"publish_at": publish_at})
    return draft


@use_case(
    permission="products.publish",
    audits=(
        "products.draft_published", "products.changed", "products.brand_added", "products.variant_changed",
        "products.licensed_described",
    ),
)  # fmt: skip
def publish_draft(
    actor: Actor, *, draft_id: UUID, anyway: bool = False, on_behalf_of: str = ""
) -> ProductVersion | None:
    """Let the product say what its draft says. Only what was changed in the draft is written: what somebody else
    changed meanwhile stays, and where both changed the same, it is refused unless `anyway`.

    The version is returned; None when the product is not in the store. Raises `Conflict` (`draft_outdated`) naming
    what, who and when, `WrongState`, and as `update_product`.
    """
    draft, product = lock_draft(draft_id)
    may_publish(actor, draft)
    live = live_content(product)
    merge = merge_of(draft.base, draft.content, live)
    if merge.both and not anyway:
        raise _outdated(product, merge.both)
    with hold_versions():
        _apply(actor, product, draft, merge.mine)
    product = lock_product(product.pk)
    made = keep_version(actor, product, Way.DRAFT, made_by=on_behalf_of)
    draft.state, draft.publish_at, draft.problem, draft.version = State.PUBLISHED, None, "", made
    draft.save()
    audit.record(
        actor, "products.draft_published", draft, after={"changed": merge.mine, "on_behalf_of": on_behalf_of}
    )
    return made


def _apply(actor: Actor, product: Product, draft: ProductDraft, names: list[str]) -> None:
    said = {name: draft.content[name] for name in names if name in SAID}
    if said.get("category_id"):
        said["category_id"] = UUID(said["category_id"])
    if said:
        update_product(actor, product_id=product.pk, **said)
    licensed = {name: _number(draft.content[name], name) for name in names if name in LICENSED}
    if licensed:
        describe_licensed(actor, product_id=product.pk, **licensed)
    sold = set(Variant.objects.filter(product=product, active=True).values_list("pk", flat=True))
    for name in names:
        if name.startswith(f"{PRICES}.") and (pk := UUID(name.partition(".")[2])) in sold:
            kept = value_at(draft.content, name)
            amounts: dict[str, Any] = {one: None if n is None else Decimal(n) for one, n in kept.items()}
            update_variant(actor, variant_id=pk, **amounts)


def may_publish(actor: Actor, draft: ProductDraft) -> None:
    """Whoever publishes prices may change prices: a draft is no way around it."""
    actor.require("products.change")
    if any(name.startswith(PRICES) for name in merge_of(draft.base, draft.content, draft.base).mine):
        actor.require("products.price")


def _outdated(product: Product, names: list[str]) -> Conflict:
    last = ProductVersion.objects.filter(product=product).order_by("-number").first()
    labels = list(dict.fromkeys(str(LABELS[name.partition(".")[0]]) for name in names))
    facts = {"names": ", ".join(labels)}
    message = _("Changed in the store meanwhile: %(names)s.") % facts
    if last is not None:
        day = date_format(last.made_at, "DATETIME_FORMAT")
        message += " " + _("Last by %(who)s, %(when)s.") % {"who": last.made_by, "when": day}
    return Conflict(
        message,
        code="draft_outdated",
        remedy=_("Compare both, then publish yours over it, or begin a new draft."),
        fields_changed=names,
    )


def live_content(product: Product) -> Content:
    """What a product says now."""
    return content_of(product, Variant.objects.filter(product=product, active=True).order_by("pk"))


def lock_draft(draft_id: UUID) -> tuple[ProductDraft, Product]:
    """The open draft and its product, locked: the product is the root, so a draft needs no lock of its own."""
    product_id = ProductDraft.objects.filter(pk=draft_id).values_list("product_id", flat=True).first()
    if product_id is None:
        raise NotFound()
    product = lock_product(product_id)
    draft = ProductDraft.objects.select_related("product").get(pk=draft_id)
    if not draft.is_open:
        raise WrongState(_("This draft is %(state)s already.") % {"state": draft.get_state_display().lower()})
    return draft, product
