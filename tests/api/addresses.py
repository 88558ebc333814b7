"""Every address of the product from the resolver, and what to put into each of its gaps.

An address with a gap that nobody described here makes the suite fail: say what belongs there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, get_resolver, reverse

from apps.platform.backoffice.sites import site

from .houses import House

Value = Callable[[House], Any]
# Gaps that say whose place it is; the others name a thing in it.
PLACES = {
    "store",
    "slug",
    "business_id",
    "merchant",
    "app_label",
    "model_name",
    "name",
    "provider",
    "provider_id",
    "organization_slug",
    "target_type",
    "what",
    "rest",
    "url",
}
METHODS = ("GET", "POST", "PATCH", "DELETE")


class Undescribed(AssertionError):
    """An address has a gap that this table does not know."""


def pk(label: str) -> Value:
    """The key of the house's row of this kind."""
    from django.apps import apps

    return lambda house: house.row(apps.get_model(label)).pk


def always(value: Any) -> Value:
    return lambda house: value


TOKEN: Value = lambda house: house.values["order"].public_token  # noqa: E731
SLUG: Value = lambda house: house.business.slug  # noqa: E731
HOUSE_ID: Value = lambda house: house.business.pk  # noqa: E731

# By namespace and gap, or by name and gap where one word means two things.
GAPS: dict[tuple[str, str], Value] = {
    ("admin", "entry_id"): pk("kernel.auditentry"),
    ("admin:saved_views", "app_label"): always("orders"),
    ("admin:saved_views", "model_name"): always("order"),
    ("admin", "archive_id"): pk("records.auditarchive"),
    ("admin", "export_id"): pk("privacy.personexport"),
    ("api", "store"): SLUG,
    ("api:store-product-detail", "slug"): lambda house: house.values["product"].slug,
    ("api", "item"): pk("checkout.cartitem"),
    ("api", "code"): always("NO-SUCH-CODE"),
    ("admin", "promotion_id"): pk("promotions.promotion"),
    ("api", "token"): TOKEN,
    ("api", "rest"): always("no/such/address"),
    ("storefront", "slug"): SLUG,
    ("storefront", "product_slug"): lambda house: house.values["product"].slug,
    ("storefront", "branch_slug"): lambda house: house.values["category"].slug,
    ("storefront", "brand_slug"): lambda house: house.rows["catalog.brand"].slug,  # type: ignore[attr-defined]
    ("storefront", "collection_slug"): lambda house: house.rows["catalog.collection"].slug,  # type: ignore[attr-defined]
    ("storefront", "certificate_id"): pk("catalog.certificate"),
    ("storefront", "preview_token"): lambda house: house.rows["catalog.productdraft"].token,  # type: ignore[attr-defined]
    ("storefront", "item_id"): pk("checkout.cartitem"),
    ("storefront", "token"): TOKEN,
    ("storefront", "link_token"): lambda house: house.rows["checkout.checkoutlink"].token,  # type: ignore[attr-defined]
    ("storefront", "signed"): always("no-such-cart"),
    ("storefront", "quote_token"): lambda house: house.rows["quotes.quote"].token,  # type: ignore[attr-defined]
    ("storefront", "product_id"): pk("catalog.product"),
    ("storefront", "digest"): always("0123456789"),
    ("storefront", "view"): always("1"),
    ("storefront", "accent"): always("1b6b47"),
    ("invoicing", "token"): TOKEN,
    ("purchasing", "token"): lambda house: house.rows["purchasing.purchaseversion"].token,  # type: ignore[attr-defined]
    ("invoicing", "reference"): lambda house: house.rows["invoicing.document"].reference,  # type: ignore[attr-defined]
    ("payments", "provider"): always("sandbox"),
    ("payments", "business_id"): HOUSE_ID,
    ("notifications", "provider"): always("twilio"),
    ("notifications", "business_id"): HOUSE_ID,
    ("notifications", "token"): always("no-such-message"),
    ("sandboxpay", "merchant"): HOUSE_ID,
    ("sandboxpay", "reference"): always("ses_unknown"),
    ("sandboxpay", "session_id"): lambda house: uuid4(),
    ("admin", "job_id"): pk("imports.importjob"),
    ("admin", "product_id"): pk("catalog.product"),
    ("admin", "variant_id"): pk("catalog.variant"),
    ("admin", "customer_id"): pk("customers.customer"),
    ("admin", "company_id"): pk("customers.company"),
    ("admin", "purchase_id"): pk("purchasing.purchaseorder"),
    ("admin", "user_id"): lambda house: house.callers["owner"].user.pk,  # type: ignore[union-attr]
    ("admin", "lot_id"): pk("inventory.lot"),
    ("admin", "order_id"): pk("orders.order"),
    ("admin", "fulfilment_id"): pk("orders.fulfilment"),
    ("admin", "transfer_id"): pk("warehouse.transfer"),
    ("admin", "provider"): always("sandbox"),
    ("admin", "account_id"): pk("ledger.account"),
    ("admin", "delivery_id"): pk("kernel.delivery"),
    ("admin", "document_id"): pk("invoicing.document"),
    ("admin", "app_label"): always("businesses"),
    ("admin", "content_type_id"): lambda house: ContentType.objects.get(model="order").pk,
    ("admin:view_on_site", "object_id"): pk("orders.order"),
    ("admin", "url"): always("no/such/page/"),
    ("admin", "target_type"): always("orders.order"),
    ("admin", "target_id"): pk("orders.order"),
    ("admin", "what"): always("comment"),
    ("media", "token"): always("no-such-file"),
    ("media", "key"): always("no-such-business/image/no-such-picture/320.webp"),
    ("", "token"): always("no-such-invitation"),
    ("", "key"): always("no-such-key"),
    ("", "uidb36"): always("1"),
    ("", "provider_id"): always("company"),
    ("", "organization_slug"): always("company"),
    ("", "pk"): always(10**8),
    ("", "business_id"): HOUSE_ID,
    ("", "delivery_id"): always(10**8),
    ("", "job_id"): always(10**8),
    ("", "dead_id"): lambda house: uuid4(),
    ("", "verb"): always("resume"),
    ("", "name"): always("storefront.similar_words"),
}
UNTAKEN: dict[str, Any] = {"reference": "R-99999", "digest": "9876543210", "product_slug": "no-such-thing"}


def untaken(gap: str, value: Any) -> Any:
    """A value like this one that nobody has."""
    if gap in UNTAKEN:
        return UNTAKEN[gap]
    if isinstance(value, int):
        return 10**9
    length = len(str(value))
    return uuid4() if length == 36 else f"x{uuid4().hex}{uuid4().hex}"[: max(12, length)]


@dataclass(frozen=True)
class Address:
    """An address with its gaps. `permission` is what it asks for, when it says so."""

    name: str
    route: str
    gaps: tuple[str, ...]
    callback: Any
    fixed: tuple[tuple[str, Any], ...] = ()
    row: str = ""

    @property
    def space(self) -> str:
        return self.name.rpartition(":")[0]

    @property
    def methods(self) -> tuple[str, ...]:
        """What it can be asked by: pages are read and sent, the API says it itself."""
        if self.space != "api":
            return ("GET", "POST")
        handlers = getattr(self.callback, "actions", None) or dir(getattr(self.callback, "cls", None))
        known = {name.upper() for name in handlers}
        return tuple(method for method in METHODS if method in known) or METHODS

    @property
    def things(self) -> list[str]:
        """Gaps that name a row."""
        fixed = dict(self.fixed)
        return [gap for gap in self.gaps if gap not in fixed and (gap not in PLACES or self._is_thing(gap))]

    def _is_thing(self, gap: str) -> bool:
        return (self.name, gap) == ("api:store-product-detail", "slug")

    def value(self, gap: str, house: House) -> Any:
        """What belongs into the gap for this house; raises `Undescribed`."""
        if gap in dict(self.fixed):
            return dict(self.fixed)[gap]
        if self.row and gap in {"pk", "object_id"}:
            return pk(self.row)(house)
        source = GAPS.get((self.name, gap)) or GAPS.get((self.space, gap))
        if source is None:
            raise Undescribed(f"{self.route}: say in tests/api/addresses.py what belongs into <{gap}>.")
        return source(house)

    def url(self, house: House, things_of: House | None = None) -> str:
        """The address in `house`, with the things of another house when one is given."""
        values = {
            gap: self.value(gap, things_of if things_of and gap in self.things else house)
            for gap in self.gaps
        }
        return self._join(values)

    def absent_url(self, house: House) -> str:
        """The address of a thing that nobody has."""
        values = {gap: self.value(gap, house) for gap in self.gaps}
        return self._join(values | {gap: untaken(gap, values[gap]) for gap in self.things})

    def _join(self, values: dict[str, Any]) -> str:
        if self.name == "admin:" or not self.name.rpartition(":")[2]:
            return "/admin/no/such/page/"
        return reverse(self.name, kwargs=values)


def list_addresses() -> list[Address]:
    """Every address, verbs of the back office one by one."""
    return list(_walk(get_resolver().url_patterns, "", "", ()))


def _walk(patterns: Any, route: str, space: str, gaps: tuple[str, ...]) -> Iterator[Address]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        known = (*gaps, *(gap for gap in pattern.pattern.regex.groupindex if gap not in gaps))
        if not isinstance(pattern, URLPattern):
            inner = ":".join(part for part in (space, pattern.namespace) if part)
            yield from _walk(pattern.url_patterns, here, inner, known)
            continue
        name = f"{space}:{pattern.name or ''}" if space else pattern.name or ""
        address = Address(name, here, known, pattern.callback, row=_row_of(space, name, pattern.callback))
        yield from _verbs(address) if name in {"admin:verb", "admin:list_verb"} else [address]


def _row_of(space: str, name: str, callback: Any) -> str:
    if space == "api":
        model = getattr(getattr(callback, "cls", None), "model", None)
        return model._meta.label_lower if model is not None else ""
    if name.startswith("admin:") and name.endswith("_change") and name.count("_") >= 2:
        return name.removeprefix("admin:").removesuffix("_change").replace("_", ".", 1)
    return ""


def _verbs(address: Address) -> Iterator[Address]:
    for model, admin in site._registry.items():
        verbs = admin.verbs if address.name == "admin:verb" else admin.list_verbs
        for verb in verbs:
            meta = model._meta
            fixed = (("app_label", meta.app_label), ("model_name", meta.model_name), ("name", verb.name))
            yield Address(address.name, address.route, address.gaps, verb, fixed, meta.label_lower)


def permission_asked(address: Address, method: str) -> str | None:
    """The permission the address asks for by this method; None when it does not say."""
    if address.space == "api":
        actions = getattr(address.callback, "actions", {}) or {}
        view = getattr(address.callback, "cls", None)
        action = actions.get(method.lower())
        return getattr(view, "permissions", {}).get(action) if action else None
    if address.name in {"admin:verb", "admin:list_verb"}:
        return str(address.callback.permission)
    if address.row and address.space == "admin":
        from django.apps import apps

        return site._registry[apps.get_model(address.row)].read_permission  # type: ignore[attr-defined]
    found = getattr(address.callback, "permission", None)
    return str(found) if found else None
