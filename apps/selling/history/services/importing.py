"""Bringing papers of the past in: thousands of lines a transaction, in a number of statements that does not grow."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from apps.goods.catalog.bulk import ProductDraft
from apps.goods.catalog.drafts import VariantDraft
from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.services import create_products
from apps.goods.catalog.text import address_of
from apps.goods.imports.models import BatchChange, ImportJob
from apps.goods.imports.services.journal import Journal
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.money import minor_digits, round_money
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.services import add_customers
from apps.platform.businesses.selectors import get_current_business
from apps.selling.history.arranging import Arranged, Paper
from apps.selling.history.events import PastDayRecorded
from apps.selling.history.models import (
    CustomerReference,
    LineKind,
    MatchedReturn,
    PastLine,
    PastOrder,
    SalesPart,
    SalesPosting,
)

ZERO = Decimal(0)
_P = SalesPosting.Kind
_SUMS = {
    LineKind.GOODS: "goods",
    LineKind.RETURN: "returns",
    LineKind.DISCOUNT: "discounts",
    LineKind.DELIVERY: "delivery",
}
_POSTED_AS = {
    LineKind.RETURN: _P.RETURNS,
    LineKind.FEE: _P.ADJUSTMENTS,
    LineKind.BAD_DEBT: _P.ADJUSTMENTS,
    LineKind.SAMPLE: _P.ADJUSTMENTS,
    LineKind.MANUAL: _P.ADJUSTMENTS,
}
BATCH_SIZE = 5000


@use_case(
    permission="history.import",
    audits=("products.created", "products.brand_added"),
)
def import_papers(
    actor: Actor, *, papers: Sequence[Paper], book: Arranged, job: ImportJob, digests: Mapping[str, str]
) -> list[SalesPart]:
    """Keep the papers with their customers and products, and tell the books what they come to, day by day.

    New products are put away (archived), or drafts if the import says so: nothing that was sold once is offered by
    that. No stock moves, no mail, no payment. What is added is noted in the import's batch. Raises what adding
    products raises.
    """
    currency = get_current_business().currency
    journal = Journal(job.batch)
    variants = _variants(actor, papers, book, job, journal)
    customers = _customers(actor, papers, journal)
    kept = _Kept(currency, job.batch_id)
    for paper in papers:
        kept.add(paper, customers.get(_key(paper)), variants, digests[paper.number])
    parts = list(kept.parts.values())
    SalesPart.objects.bulk_create(parts)
    PastOrder.objects.bulk_create(kept.orders, batch_size=BATCH_SIZE)
    PastLine.objects.bulk_create(kept.lines, batch_size=BATCH_SIZE)
    _match(papers, kept)
    postings = kept.postings()
    SalesPosting.objects.bulk_create(postings)
    for posting in postings:
        publish(
            PastDayRecorded(
                business_id=require_business_id(),
                posting_id=posting.pk,
                kind=posting.kind,
                day=posting.part.day,
                currency=currency,
                amounts={name: Decimal(text) for name, text in posting.amounts.items()},
            )
        )
    for part in parts:
        label = _("%(day)s: %(papers)s papers, %(lines)s lines") % {
            "day": part.day.isoformat(), "papers": part.order_count, "lines": part.line_count,
        }  # fmt: skip
        journal.note(BatchChange.Kind.SALES_ADDED, part.pk, label)
    journal.write()
    return parts


class _Kept:
    """The rows of a portion, by days, and their sums."""

    def __init__(self, currency: str, batch_id: UUID | None) -> None:
        self.currency, self.digits, self.batch_id = currency, minor_digits(currency), batch_id
        self.parts: dict[dt.date, SalesPart] = {}
        self.orders: list[PastOrder] = []
        self.lines: list[PastLine] = []
        self.ids: dict[tuple[str, int], UUID] = {}
        self.by_row: dict[int, UUID] = {}
        self.sums: dict[tuple[dt.date, str], dict[str, Decimal]] = defaultdict(
            lambda: defaultdict(lambda: ZERO)
        )

    def add(self, paper: Paper, customer_id: UUID | None, variants: Mapping[str, UUID], digest: str) -> None:
        """A paper with its lines; its sums by kind are what its lines come to."""
        part = self.parts.get(paper.day)
        if part is None:
            part = SalesPart(
                id=new_id(), batch_id=self.batch_id, day=paper.day, order_count=0, line_count=0, total=ZERO
            )
            self.parts[paper.day] = part
        order = PastOrder(
            id=new_id(), part=part, number=paper.number, placed_at=paper.at, day=paper.day,
            customer_id=customer_id, country=paper.country, currency=self.currency, line_count=len(paper.lines),
            total=ZERO, digest=digest,
        )  # fmt: skip
        for position, line in enumerate(paper.lines, start=1):
            net, tax = self._money(line.net), self._money(line.tax)
            row = PastLine(
                id=new_id(), order=order, position=position, kind=line.kind, day=paper.day,
                variant_id=variants.get(line.sku.upper()) if line.kind in (LineKind.GOODS, LineKind.RETURN) else None,
                sku=line.sku, title=line.title, quantity=line.quantity,
                unit_price=Decimal(line.price).quantize(Decimal("0.0001")), net=net, tax=tax, gross=net + tax,
            )  # fmt: skip
            self.lines.append(row)
            self.ids[paper.number, position] = row.pk
            self.by_row[line.row] = row.pk
            name = _SUMS.get(LineKind(line.kind), "others")
            setattr(order, name, getattr(order, name) + net)
            order.tax += tax
            order.total += net + tax
            sums = self.sums[paper.day, _POSTED_AS.get(LineKind(line.kind), _P.SALES)]
            sums[line.kind] += net
            sums["tax"] += tax
        self.orders.append(order)
        part.order_count += 1
        part.line_count += order.line_count
        part.total += order.total

    def _money(self, minor: int) -> Decimal:
        return Decimal(minor).scaleb(-self.digits)

    def postings(self) -> list[SalesPosting]:
        """One for each day and kind of what moves the books at all."""
        found = []
        for (day, kind), sums in sorted(self.sums.items()):
            amounts = {name: round_money(amount, self.currency) for name, amount in sums.items() if amount}
            if amounts:
                texts = {name: str(amount) for name, amount in sorted(amounts.items())}
                found.append(
                    SalesPosting(
                        id=new_id(),
                        part=self.parts[day],
                        kind=kind,
                        amounts=texts,
                        turnover=turnover_of(amounts),
                    )
                )
        return found


def turnover_of(amounts: Mapping[str, Decimal]) -> Decimal:
    """What an entry of these amounts comes to: each on its side, the opening equity for the rest, tax settled."""
    gains = sum((amount for amount in amounts.values() if amount > 0), ZERO)
    losses = -sum((amount for amount in amounts.values() if amount < 0), ZERO)
    return max(gains, losses) + abs(amounts.get("tax", ZERO))


def _variants(
    actor: Actor, papers: Sequence[Paper], book: Arranged, job: ImportJob, journal: Journal
) -> dict[str, UUID]:
    """The variants by code in capitals; what is not in the catalogue is added to it, put away."""
    goods = (LineKind.GOODS, LineKind.RETURN)
    wanted = {line.sku.upper() for paper in papers for line in paper.lines if line.kind in goods and line.sku}
    rows = Variant.objects.annotate(upper_sku=Upper("sku")).filter(upper_sku__in=wanted)
    found = dict(rows.values_list("upper_sku", "pk"))
    missing = sorted(wanted - found.keys())
    if not missing:
        return found
    status = Product.Status.DRAFT if job.as_drafts else Product.Status.ARCHIVED
    drafts = _drafts(book.described(missing), status)
    created = create_products(actor, drafts=drafts)
    for product in created:
        journal.product_added(product)
    added = Variant.objects.annotate(upper_sku=Upper("sku")).filter(upper_sku__in=missing)
    return found | dict(added.values_list("upper_sku", "pk"))


def _drafts(described: Mapping[str, tuple[str, str]], status: str) -> list[ProductDraft]:
    slugs = {sku: address_of(f"{title}-{sku}", "item")[:180] for sku, (title, _price) in described.items()}
    taken = set(Product.objects.filter(slug__in=slugs.values()).values_list("slug", flat=True))
    currency = get_current_business().currency
    drafts = []
    for sku, (title, price) in described.items():
        slug, number = slugs[sku], 1
        while slug in taken:
            number += 1
            slug = f"{slugs[sku]}-{number}"
        taken.add(slug)
        variant = VariantDraft(price=round_money(abs(Decimal(price)), currency), sku=sku)
        drafts.append(ProductDraft(slug=slug, title=title or sku, variants=[variant], status=status))
    return drafts


def _key(paper: Paper) -> str:
    return paper.customer or paper.email


def _customers(actor: Actor, papers: Sequence[Paper], journal: Journal) -> dict[str, UUID]:
    """The customers by their number in the file, or their e-mail where there is none."""
    wanted = {_key(paper): paper for paper in papers if _key(paper)}
    known = CustomerReference.objects.filter(reference__in=wanted)
    found = dict(known.values_list("reference", "customer_id"))
    fresh = [(key, paper) for key, paper in sorted(wanted.items()) if key not in found]
    if not fresh:
        return found
    marker = new_id()
    people = [
        (paper.name or _("Customer %(number)s") % {"number": key}, paper.email or None)
        for key, paper in fresh
    ]
    customers = add_customers(actor, people=people)
    CustomerReference.objects.bulk_create(
        CustomerReference(reference=key, customer=customer)
        for (key, _paper), customer in zip(fresh, customers, strict=True)
    )
    noted: set[UUID] = set()
    for customer in customers:
        if customer.pk > marker and customer.pk not in noted:
            noted.add(customer.pk)
            journal.note(BatchChange.Kind.CUSTOMER_ADDED, customer.pk, customer)
    return found | {key: customer.pk for (key, _paper), customer in zip(fresh, customers, strict=True)}


def _match(papers: Sequence[Paper], kept: _Kept) -> None:
    """Say of returns which lines they take back: of this part, or brought in before."""
    wanted = [(row, match) for paper in papers for row, own in paper.matches.items() for match in own]
    elsewhere = {match.invoice for _row, match in wanted if (match.invoice, match.position) not in kept.ids}
    ids: dict[tuple[str, int], Any] = dict(kept.ids)
    if elsewhere:
        places = {match.position for _row, match in wanted}
        rows = PastLine.objects.filter(order__number__in=elsewhere, position__in=places)
        ids |= {
            (number, position): pk
            for number, position, pk in rows.values_list("order__number", "position", "pk")
        }
    MatchedReturn.objects.bulk_create(
        MatchedReturn(
            return_line_id=kept.by_row[row],
            sale_line_id=ids[match.invoice, match.position],
            quantity=match.quantity,
        )
        for row, match in wanted
        if (match.invoice, match.position) in ids
    )
