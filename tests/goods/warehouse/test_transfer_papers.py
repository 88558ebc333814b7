"""The step of approval before goods leave, and the paper that travels with them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pypdfium2 as pdfium
import pytest
import zxingcpp
from django.test import Client

from apps.goods.inventory.lines import LotDraft, StockLine
from apps.goods.inventory.services import choose_tracking, receive_stock
from apps.goods.warehouse.lines import WantedLine
from apps.goods.warehouse.models import Transfer, TransferStep
from apps.goods.warehouse.note_page import note_context
from apps.goods.warehouse.services import (
    approve_transfer,
    cancel_transfer,
    request_transfer,
    set_transfer_rules,
    ship_transfer,
)
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.platform.alerts.models import Alert
from apps.platform.backoffice import today
from apps.platform.businesses.models import Business, Location
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_location, make_variant

pytestmark = pytest.mark.django_db


def test_a_transfer_is_approved_by_somebody_else_and_printed(client: Client) -> None:
    business: Business = make_business(currency="GBP", tax_inclusive=True, tax_rate=Decimal("0.2"))
    system = Actor.system("test", business.pk)
    with tenancy.bind(business.pk):
        shop = Location.objects.get(is_default=True)
        depot = make_location(business, name="Depot", code="DEP")
    tea = make_variant(business, title="Tea", variant={"sku": "TEA", "barcode": "4006381333931"})
    choose_tracking(system, variant_id=tea.pk, mode="lot")
    lots = [LotDraft("L-17", 4), LotDraft("L-18", 6)]
    receive_stock(system, location_id=shop.pk, lines=[StockLine(tea.pk, 10, lots=lots)])
    may = frozenset({"stock.transfer", "stock.approve_transfer", "stock.read"})
    ben = replace(system, kind="user", id=new_id(), label="Ben", role="stock_keeper", permissions=may)
    ada = replace(ben, id=new_id(), label="Ada", role="owner")

    def ask(actor: Actor) -> Transfer:
        return request_transfer(
            actor, source_id=shop.pk, destination_id=depot.pk, lines=[WantedLine(tea.pk, 7)]
        )

    before = ask(ben)
    assert before.approval == ""
    with pytest.raises(WrongState):
        approve_transfer(ada, transfer_id=before.pk)
    with pytest.raises(PermissionRefused):
        set_transfer_rules(replace(ben, permissions=frozenset({"stock.transfer"})), approval="anybody")
    set_transfer_rules(ada, approval="somebody_else")
    ship_transfer(
        ben, transfer_id=before.pk, quantities={before.lines.model.unscoped.get(transfer=before).pk: 1}
    )

    manager = make_member(business, "manager")
    wanted = ask(ben)
    outbox.drain()
    assert Alert.unscoped.filter(user=manager, kind="transfer_approval").count() == 1
    with pytest.raises(Conflict) as waits:
        ship_transfer(ada, transfer_id=wanted.pk)
    assert waits.value.code == "approval_needed"
    with pytest.raises(PermissionRefused):
        approve_transfer(ben, transfer_id=wanted.pk)
    for somebody, number in ((ada, 1), (ben, 0)):
        with tenancy.bind(business.pk):
            said = [str(one.text) for one in today.answers(somebody)["waiting"].entries]
        assert sum(f"{wanted.number} from" in text and "Depot" in text for text in said) == number
    own = ask(ada)
    with pytest.raises(PermissionRefused):
        approve_transfer(ada, transfer_id=own.pk)
    cancel_transfer(ada, transfer_id=own.pk)
    approve_transfer(ada, transfer_id=wanted.pk, note="For the fair")
    with pytest.raises(WrongState):
        approve_transfer(ada, transfer_id=wanted.pk)
    sent = ship_transfer(ben, transfer_id=wanted.pk)
    kinds = list(TransferStep.unscoped.filter(transfer=wanted).order_by("id").values_list("kind", flat=True))
    assert kinds == ["requested", "approved", "sent"]

    with tenancy.bind(business.pk):
        paper = note_context(sent, business)
    (line,) = paper["lines"]
    # One piece of the older lot left with the first transfer.
    assert (line["sent"], line["lots"]) == (7, [("L-17", 3), ("L-18", 4)])
    staff = sign_in(client, owner_of(business), business)
    answer = staff.get(f"/admin/stock/transfers/{sent.pk}/note.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    assert staff.get(f"/admin/stock/transfers/{new_id()}/note.pdf").status_code == 404
    page = staff.get(f"/admin/warehouse/transfer/{sent.pk}/").content.decode()
    assert f"/admin/stock/transfers/{sent.pk}/note.pdf" in page
    assert _read(answer.content) == sent.number


def _read(content: bytes) -> str:
    """What a scanner reads from the paper."""
    (page,) = pdfium.PdfDocument(content)
    (found,) = zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil())
    return str(found.text)
