"""Who may say what a pack costs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.services import set_packs
from apps.kernel.errors import PermissionRefused
from tests.factories.businesses import actor_of, make_business
from tests.factories.goods import make_variant

D = Decimal


def test_prices_of_packs_need_the_right_to_set_prices(db: None) -> None:
    business = make_business()
    mug = make_variant(business, title="Mug")
    clerk = replace(actor_of(business), permissions=frozenset({"products.read", "products.change"}))
    set_packs(clerk, variant_id=mug.pk, packs=[PackDraft(name="Box of 6", quantity=6, sold=True)])
    dear = PackDraft(name="Case of 12", quantity=12, sold=True, price=D("100"))
    with pytest.raises(PermissionRefused):
        set_packs(clerk, variant_id=mug.pk, packs=[dear])
    # The same sum for more pieces, or on another pack, is another price.
    first, second = set_packs(
        actor_of(business), variant_id=mug.pk,
        packs=[PackDraft(name="Box", quantity=6, price=D("50")), PackDraft(name="Crate", quantity=24)],
    )  # fmt: skip
    box, crate = (
        PackDraft(pack_id=first.pk, name="Box", quantity=6),
        PackDraft(pack_id=second.pk, name="Crate", quantity=24),
    )
    for changed in ([replace(box, price=D("50"), quantity=12), crate], [box, replace(crate, price=D("50"))]):
        with pytest.raises(PermissionRefused):
            set_packs(clerk, variant_id=mug.pk, packs=changed)
    renamed = set_packs(
        clerk, variant_id=mug.pk, packs=[replace(box, name="Small box", price=D("50")), crate]
    )
    assert [(pack.name, pack.price) for pack in renamed] == [("Small box", D("50")), ("Crate", None)]
