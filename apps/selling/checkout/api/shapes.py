"""What goes into the public store and what comes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.platform.api.fields import (
    AmountField,
    CurrencyField,
    QuantityField,
    RowSerializer,
    StrictSerializer,
)
from apps.selling.checkout.models import MAX_QUANTITY, Quote
from apps.selling.orders.models import Fulfilment, Order, OrderLine


class ItemInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    quantity = QuantityField(max_value=MAX_QUANTITY, default=1, help_text="Of a pack: how many packs.")
    pack_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="One of the variant's packs; left out: single ones."
    )


class QuantityInput(StrictSerializer):
    quantity = QuantityField(min_value=0, max_value=MAX_QUANTITY, help_text="0 takes the item out.")


class CodeInput(StrictSerializer):
    code = serializers.CharField(max_length=40, help_text="In any case of letters.")


class AddressInput(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    line1 = serializers.CharField(max_length=120, required=False, allow_blank=True)
    line2 = serializers.CharField(max_length=120, required=False, allow_blank=True)
    city = serializers.CharField(max_length=80, required=False, allow_blank=True)
    region = serializers.CharField(max_length=80, required=False, allow_blank=True)
    postcode = serializers.CharField(max_length=20, required=False, allow_blank=True)
    country = serializers.CharField(max_length=2, help_text="ISO 3166, two letters.")


class QuoteInput(StrictSerializer):
    address = AddressInput(required=False, help_text="The country is enough.")
    rate_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Left out: the cheapest delivery."
    )
    email = serializers.EmailField(
        max_length=254,
        required=False,
        help_text="Whose earlier orders promotions look at: that of the submission.",
    )


class ContactInput(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True)
    accepts_marketing = serializers.BooleanField(required=False)


class CheckoutInput(StrictSerializer):
    quote_id = serializers.UUIDField(help_text="What the buyer agreed to.")
    contact = ContactInput()
    address = AddressInput()
    rate_id = serializers.UUIDField(required=False, allow_null=True)
    provider = serializers.SlugField(max_length=32, default="sandbox")
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    credit_codes = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=5,
        help_text="Gift cards that pay as far as they go; what remains is asked by the provider.",
    )
    partial = serializers.BooleanField(  # type: ignore[assignment]
        default=False, help_text="Sellers who can deliver shall, even if another in the cart cannot."
    )


class ReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class WishInput(StrictSerializer):
    text = serializers.CharField(max_length=1000)


class CartLineSerializer(serializers.Serializer[Any]):
    item_id = serializers.UUIDField()
    variant_id = serializers.UUIDField(source="variant.pk")
    product_slug = serializers.CharField(source="product.slug")
    title = serializers.CharField()
    variant_title = serializers.CharField(help_text="Variant and pack in words.")
    pack_id = serializers.UUIDField(source="pack.pk", default=None, allow_null=True)
    pack_quantity = serializers.IntegerField(
        source="pack.quantity", default=1, help_text="Stock units in one of what is counted."
    )
    quantity = serializers.IntegerField()
    unit_price = AmountField()
    amount = AmountField()
    available = serializers.IntegerField(
        allow_null=True, help_text="Pieces that may be bought; null: any number."
    )
    order_min = serializers.IntegerField(source="rule.least", help_text="Sold from so many pieces.")
    order_max = serializers.IntegerField(source="rule.most", allow_null=True, help_text="Null: any number.")
    order_step = serializers.IntegerField(source="rule.step", help_text="Sold in multiples of this.")
    problem = serializers.CharField(help_text="Empty, unpublished, quantity_rule, sold_out or too_many.")
    warning = serializers.CharField()


class CartPromotionSerializer(serializers.Serializer[Any]):
    """What takes something off."""

    promotion_id = serializers.UUIDField()
    name = serializers.CharField()
    code = serializers.CharField(help_text="The code it was had by; empty: it applies by itself.")
    kind = serializers.CharField(help_text="percent, amount, delivery, get or bundle.")
    amount = AmountField(help_text="Of free delivery it is known with the quote.")


class CartSerializer(serializers.Serializer[Any]):
    """A cart, priced as the store stands now."""

    token = serializers.SerializerMethodField(
        help_text="Send as X-Cart with the next request; null: empty, new."
    )
    count = serializers.IntegerField()
    subtotal = AmountField()
    discount = AmountField(help_text="What promotions take off the goods.")
    total = AmountField(help_text="Before delivery, and before tax where prices are without.")
    codes = serializers.ListField(child=serializers.CharField())
    attribution = serializers.SerializerMethodField(
        help_text="Where the buyer came from, as a signed mark said."
    )
    promotions = CartPromotionSerializer(many=True)
    currency = CurrencyField(source="*")
    lines = CartLineSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    can_check_out = serializers.BooleanField()

    def get_attribution(self, view: Any) -> dict[str, str]:
        return dict(view.cart.attribution) if view.cart is not None else {}

    def get_token(self, view: Any) -> str | None:
        return view.cart.cookie_value if view.cart is not None else None


class CutSerializer(serializers.Serializer[Any]):
    """An item of which fewer are in the cart now."""

    item_id = serializers.UUIDField()
    variant_id = serializers.UUIDField()
    title = serializers.CharField()
    before = serializers.IntegerField()
    after = serializers.IntegerField(help_text="0: it was taken out.")


class KeptSerializer(serializers.Serializer[Any]):
    """The cart with what is there, and what was brought down."""

    cart = CartSerializer()
    cuts = CutSerializer(many=True)


class MarkedInput(StrictSerializer):
    token = serializers.CharField(max_length=600, help_text="A signed mark, as `?via=` of an address.")


class ListInput(StrictSerializer):
    text = serializers.CharField(
        max_length=20_000,
        help_text="A line each: SKU or barcode, and how many. Also CSV.",
        trim_whitespace=False,
    )


class ListLineSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(source="line.number")
    text = serializers.CharField(source="line.text")
    title = serializers.CharField()
    put_in = serializers.IntegerField()
    problem = serializers.CharField(help_text="Empty: all pieces are in the cart.")


class ListAnswerSerializer(serializers.Serializer[Any]):
    cart = CartSerializer()
    lines = ListLineSerializer(many=True)


class QuoteSerializer(RowSerializer):
    can_be_submitted = serializers.BooleanField(read_only=True)
    groups = serializers.ListField(
        source="snapshot.groups",
        child=serializers.DictField(),
        help_text="By seller: lines, totals, `promotions`, delivery chosen (`rate`) and to choose from (`offers`).",
    )
    subtotal = serializers.CharField(source="snapshot.subtotal")
    discount = serializers.CharField(source="snapshot.discount")
    shipping = serializers.CharField(source="snapshot.shipping")
    tax = serializers.CharField(source="snapshot.tax")
    warnings = serializers.ListField(source="snapshot.warnings", child=serializers.CharField())
    errors = serializers.ListField(  # type: ignore[assignment]
        source="snapshot.errors", child=serializers.DictField()
    )

    class Meta:
        model = Quote
        fields = [
            "id", "expires_at", "currency", "subtotal", "discount", "shipping", "tax", "total", "can_be_submitted",
            "groups", "warnings", "errors",
        ]  # fmt: skip


class PlacedOrderSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    token = serializers.CharField(help_text="Secret: whoever has it sees the order.")
    total = serializers.CharField()
    credit = serializers.CharField(help_text="What gift cards and store credit have paid of it.")
    payment_url = serializers.CharField(
        allow_null=True, help_text="Send the buyer here. Null: nothing to pay, or ask again at orders/…/pay/."
    )


class LeftItemSerializer(serializers.Serializer[Any]):
    item_id = serializers.UUIDField()
    variant_id = serializers.UUIDField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    code = serializers.CharField(
        help_text="sold_out, too_many, item_gone, quantity_rule, no_delivery, postcode_needed, "
        "no_single_location, orders_closed; waits: nothing is wrong with it, but its seller sends its part as a whole."
    )
    message = serializers.CharField()


class LeftPartSerializer(serializers.Serializer[Any]):
    """One seller's part that was not ordered and stays in the cart."""

    business_id = serializers.UUIDField()
    seller = serializers.CharField()
    reasons = LeftItemSerializer(many=True)


class CheckoutSerializer(serializers.Serializer[Any]):
    """What was placed. The buyer pays each order on the payment company's page."""

    id = serializers.UUIDField()
    total = AmountField()
    currency = serializers.CharField()
    orders = PlacedOrderSerializer(many=True)
    left = LeftPartSerializer(many=True, help_text="Not ordered, with `partial`; otherwise empty.")


class PaymentPageSerializer(serializers.Serializer[Any]):
    payment_url = serializers.CharField()


class TrackedLineSerializer(RowSerializer):
    class Meta:
        model = OrderLine
        fields = [
            "product_title", "variant_title", "pack_name", "pack_quantity", "quantity", "unit_price", "gross",
            "fulfilled_quantity", "cancelled_quantity", "refunded_quantity",
        ]  # fmt: skip


class TrackedParcelSerializer(RowSerializer):
    class Meta:
        model = Fulfilment
        fields = [
            "number",
            "state",
            "carrier",
            "tracking_number",
            "tracking_url",
            "shipped_at",
            "delivered_at",
        ]


class StepSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    text = serializers.CharField()


class TrackedOrderSerializer(RowSerializer):
    """An order as its buyer sees it."""

    next_step = serializers.CharField(source="view.next_step")
    lines = TrackedLineSerializer(many=True, source="view.lines")
    parcels = TrackedParcelSerializer(many=True, source="view.parcels")
    steps = StepSerializer(many=True, source="view.steps")

    class Meta:
        model = Order
        fields = [
            "number", "state", "payment_state", "fulfilment_state", "currency", "subtotal", "discount_total",
            "shipping_total", "tax_total", "total", "paid_total", "refunded_total", "placed_at", "expires_at",
            "next_step", "lines", "parcels", "steps",
        ]  # fmt: skip
