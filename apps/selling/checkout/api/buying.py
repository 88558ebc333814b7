"""Cart, quote, checkout and the order behind its secret token."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.kernel.errors import DomainError, InvalidInput, NotFound, WrongState
from apps.kernel.idempotency import was_replayed
from apps.platform.accounts.callers import caller_of
from apps.platform.api.permissions import PUBLIC
from apps.platform.api.throttles import CheckoutThrottle, StoreThrottle
from apps.platform.api.views import UUID_PATTERN, StoreViewSet
from apps.platform.businesses.channels import Channel
from apps.selling.checkout import services
from apps.selling.checkout.models import Cart
from apps.selling.checkout.selectors import cart_view, find_cart, find_checkout_of_cart
from apps.selling.credit.guessing import note_guess
from apps.selling.credit.selectors import find_by_code, why_not
from apps.selling.orders.drafts import Address, Contact
from apps.selling.orders.models import Order
from apps.selling.orders.selectors import find_order_by_token, tracking_view
from apps.selling.orders.services import ask_for_change, retry_order, withdraw_order
from apps.selling.payments.selectors import list_payments_of
from apps.selling.payments.services import start_attempt

from .shapes import (
    CartSerializer,
    CheckoutInput,
    CheckoutSerializer,
    CodeInput,
    ItemInput,
    KeptSerializer,
    ListAnswerSerializer,
    ListInput,
    MarkedInput,
    PaymentPageSerializer,
    QuantityInput,
    QuoteInput,
    QuoteSerializer,
    ReasonInput,
    TrackedOrderSerializer,
    WishInput,
)

HEADER = "X-Cart"
CART = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, description="The token the cart was answered with."
)
ITEM = OpenApiParameter("item", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH)
TOKEN = OpenApiParameter("token", str, OpenApiParameter.PATH, description="The order's secret token.")
CODE = OpenApiParameter("code", str, OpenApiParameter.PATH)
CODE_PATTERN = "[A-Za-z0-9-]{1,40}"
TOKEN_PATTERN = "[A-Za-z0-9_-]{8,64}"  # noqa: S105
# What orders are made, paid, changed and ended by is counted besides.
GUARDED = {"submit", "pay", "cancel", "ask", "retry"}
BUYER = {
    "name": "Ada Obi",
    "line1": "1 Quay Street",
    "city": "Bristol",
    "postcode": "BS1 4DJ",
    "country": "GB",
}


@extend_schema(tags=["store"])
class StoreCheckoutViewSet(StoreViewSet):
    """Buying from one store."""

    permissions = {
        "cart": PUBLIC,
        "add_item": PUBLIC,
        "change_item": PUBLIC,
        "remove_item": PUBLIC,
        "put_code": PUBLIC,
        "put_list": PUBLIC,
        "keep_available": PUBLIC,
        "put_mark": PUBLIC,
        "drop_code": PUBLIC,
        "quote": PUBLIC,
        "submit": PUBLIC,
        "order": PUBLIC,
        "pay": PUBLIC,
        "cancel": PUBLIC,
        "ask": PUBLIC,
        "retry": PUBLIC,
    }
    keys_required = frozenset({"submit"})
    input_classes = {
        "add_item": ItemInput,
        "change_item": QuantityInput,
        "put_code": CodeInput,
        "put_list": ListInput,
        "put_mark": MarkedInput,
        "quote": QuoteInput,
        "submit": CheckoutInput,
        "cancel": ReasonInput,
        "ask": WishInput,
    }
    serializer_class = CartSerializer
    filter_backends = []
    pagination_class = None

    def get_throttles(self) -> list[Any]:
        return [StoreThrottle(), CheckoutThrottle()] if self.action in GUARDED else [StoreThrottle()]

    @property
    def cart_token(self) -> str:
        """The signed token of the caller's cart; empty for a new one."""
        return self.request.headers.get(HEADER, "")

    @extend_schema(parameters=[CART], responses=CartSerializer, operation_id="store_cart")
    @action(detail=False)
    def cart(self, request: Request, store: str) -> Response:
        """The cart. Without a token, or with one that is over, an empty one."""
        return self._answer_cart(find_cart(self.cart_token))

    @extend_schema(
        parameters=[CART],
        request=ItemInput,
        responses={201: CartSerializer},
        operation_id="store_cart_add",
        examples=[
            OpenApiExample(
                "Two of one variant",
                value={"variant_id": "01900000-0000-7000-8000-000000000001", "quantity": 2},
                request_only=True,
            )
        ],
    )
    @action(detail=False, methods=["post"], url_path="cart/items")
    def add_item(self, request: Request, store: str) -> Response:
        """Put pieces into the cart; without a token into a new one. Keep the token of the answer."""
        # A first item makes a cart and answers its secret: a key that two programs chose alike must not share it.
        key = self.key if self.cart_token else None
        cart = services.add_to_cart(self.actor, cart_token=self.cart_token, key=key, **self.read_input())
        return self._answer_cart(cart, created=True)

    @extend_schema(
        parameters=[CART, ITEM],
        request=QuantityInput,
        responses=CartSerializer,
        operation_id="store_cart_change",
    )
    @action(detail=False, methods=["patch"], url_path=f"cart/items/(?P<item>{UUID_PATTERN})")
    def change_item(self, request: Request, store: str, item: str) -> Response:
        """Change how many are wanted."""
        quantity = self.read_input()["quantity"]
        cart = services.set_quantity(
            self.actor, cart_token=self.cart_token, item_id=UUID(item), quantity=quantity
        )
        return self._answer_cart(cart)

    @extend_schema(
        parameters=[CART, ITEM], request=None, responses=CartSerializer, operation_id="store_cart_remove"
    )
    @change_item.mapping.delete
    def remove_item(self, request: Request, store: str, item: str) -> Response:
        """Take an item out."""
        return self._answer_cart(
            services.remove_item(self.actor, cart_token=self.cart_token, item_id=UUID(item))
        )

    @extend_schema(
        parameters=[CART], request=CodeInput, responses=CartSerializer, operation_id="store_cart_code"
    )
    @action(detail=False, methods=["post"], url_path="cart/codes")
    def put_code(self, request: Request, store: str) -> Response:
        """Put a code into the cart. One that does nothing is kept and said in `warnings`: the cart stays valid."""
        code = self.read_input()["code"]
        return self._answer_cart(services.put_code(self.actor, cart_token=self.cart_token, code=code))

    @extend_schema(
        parameters=[CART], request=ListInput, responses=ListAnswerSerializer, operation_id="store_cart_list"
    )
    @action(detail=False, methods=["post"], url_path="cart/list")
    def put_list(self, request: Request, store: str) -> Response:
        """Put a pasted list into the cart. Every line is answered; what could not be put in says why."""
        answer = services.put_list(self.actor, cart_token=self.cart_token, text=self.read_input()["text"])
        cart = find_cart(answer.cart.cookie_value if answer.cart else self.cart_token)
        body = {"cart": cart_view(cart), "lines": answer.lines}
        return self.answer(body, serializer_class=ListAnswerSerializer)

    @extend_schema(
        parameters=[CART], request=None, responses=KeptSerializer, operation_id="store_cart_keep_available"
    )
    @action(detail=False, methods=["post"], url_path="cart/keep-available")
    def keep_available(self, request: Request, store: str) -> Response:
        """Bring every item down to what can be had, after `out_of_stock`; then quote again.

        The same cart and stock give the same answer; what nothing is left of is taken out. Nothing is reserved.
        """
        cuts = services.keep_available(self.actor, cart_token=self.cart_token)
        body = {"cart": cart_view(find_cart(self.cart_token)), "cuts": cuts}
        return self.answer(body, serializer_class=KeptSerializer)

    @extend_schema(
        parameters=[CART], request=MarkedInput, responses=CartSerializer, operation_id="store_cart_mark"
    )
    @action(detail=False, methods=["post"], url_path="cart/attribution")
    def put_mark(self, request: Request, store: str) -> Response:
        """Keep where the buyer came from; it goes with the cart to the order. The first mark stays."""
        token = self.read_input()["token"]
        return self._answer_cart(
            services.keep_attribution(self.actor, cart_token=self.cart_token, token=token)
        )

    @extend_schema(
        parameters=[CART, CODE], request=None, responses=CartSerializer, operation_id="store_cart_code_remove"
    )
    @action(detail=False, methods=["delete"], url_path=f"cart/codes/(?P<code>{CODE_PATTERN})")
    def drop_code(self, request: Request, store: str, code: str) -> Response:
        """Take a code out of the cart; one that is not in it changes nothing."""
        return self._answer_cart(services.drop_code(self.actor, cart_token=self.cart_token, code=code))

    @extend_schema(
        parameters=[CART], request=QuoteInput, responses={201: QuoteSerializer}, operation_id="store_quote"
    )
    @action(detail=False, methods=["post"], url_path="cart/quote")
    def quote(self, request: Request, store: str) -> Response:
        """What the cart costs, delivered, for fifteen minutes. Nothing is reserved."""
        given = self.read_input()
        address = Address(**given["address"]) if "address" in given else None
        quote = services.quote_with_carriers(
            self.actor,
            cart_id=self._get_cart_id(),
            address=address,
            rate_id=given.get("rate_id"),
            email=given.get("email", ""),
            channel=Channel.API.value,
        )
        return self.answer(quote, created=True, serializer_class=QuoteSerializer)

    @extend_schema(
        parameters=[CART],
        request=CheckoutInput,
        responses={201: CheckoutSerializer},
        operation_id="store_checkout",
        examples=[
            OpenApiExample(
                "Submit",
                value={
                    "quote_id": "01900000-0000-7000-8000-000000000001",
                    "contact": {"email": "ada@example.com", "name": "Ada Obi"},
                    "address": BUYER,
                },
                request_only=True,
            )
        ],
    )
    @action(detail=False, methods=["post"], url_path="checkout")
    def submit(self, request: Request, store: str) -> Response:
        """Place the order under the quote, reserve its stock, get the page to pay on. Needs an `Idempotency-Key`.

        Repeating it gives the same order. A quote that is over, or prices that changed, answer 409 `stale_quote`
        with what changed; the cart is kept. In a cart of several sellers `partial` orders from those who can deliver;
        `left` says what was not ordered and why, and the same cart goes on with it.
        """
        given = self.read_input()
        cards = [self._get_card(code) for code in given.get("credit_codes", ())]
        checkout = services.submit_checkout(
            self.actor,
            cart_id=self._get_cart_id(submitted_too=True),
            quote_id=given["quote_id"],
            contact=Contact(**given["contact"]),
            address=Address(**given["address"]),
            rate_id=given.get("rate_id"),
            provider=given["provider"],
            return_url=f"{settings.PUBLIC_BASE_URL}/store/{self.business.slug}/checkout/return/{{token}}/",
            note=given.get("note", ""),
            channel=Channel.API.value,
            credit_ids=cards,
            partial=given["partial"],
            key=self.key,
        )
        self.replayed = was_replayed()
        orders = [{**order, "payment_url": self._find_page(order["payment_id"])} for order in checkout.placed]
        body = {"id": checkout.pk, "total": checkout.total, "currency": checkout.currency, "orders": orders}
        body["left"] = checkout.left
        return self.answer(body, created=True, serializer_class=CheckoutSerializer)

    @extend_schema(parameters=[TOKEN], responses=TrackedOrderSerializer, operation_id="store_order")
    @action(detail=False, url_path=f"orders/(?P<token>{TOKEN_PATTERN})")
    def order(self, request: Request, store: str, token: str) -> Response:
        """An order as its buyer sees it."""
        return self._answer_order(token)

    @extend_schema(
        parameters=[TOKEN], request=None, responses=PaymentPageSerializer, operation_id="store_order_pay"
    )
    @action(detail=False, methods=["post"], url_path=f"orders/(?P<token>{TOKEN_PATTERN})/pay")
    def pay(self, request: Request, store: str, token: str) -> Response:
        """The page to pay an order on; after a decline a new one."""
        order = self._get_order(token)
        payment = list_payments_of("order", order.pk).first()
        if payment is None:
            raise WrongState(_("There is nothing to pay."))
        page = start_attempt(self.actor, payment_id=payment.pk)
        return Response(PaymentPageSerializer({"payment_url": page.url}).data)

    @extend_schema(
        parameters=[TOKEN],
        request=ReasonInput,
        responses=TrackedOrderSerializer,
        operation_id="store_order_cancel",
    )
    @action(detail=False, methods=["post"], url_path=f"orders/(?P<token>{TOKEN_PATTERN})/cancel")
    def cancel(self, request: Request, store: str, token: str) -> Response:
        """The buyer cancels her order before anything of it is packed; her money goes back the way it came."""
        order = self._get_order(token)
        withdraw_order(self.actor, order_id=order.pk, key=self.key, **self.read_input())
        return self._answer_order(token)

    @extend_schema(
        parameters=[TOKEN],
        request=WishInput,
        responses=TrackedOrderSerializer,
        operation_id="store_order_ask",
    )
    @action(detail=False, methods=["post"], url_path=f"orders/(?P<token>{TOKEN_PATTERN})/ask")
    def ask(self, request: Request, store: str, token: str) -> Response:
        """The buyer asks the shop to change an order that waits; one wish at a time."""
        order = self._get_order(token)
        ask_for_change(self.actor, order_id=order.pk, key=self.key, **self.read_input())
        return self._answer_order(token)

    @extend_schema(
        parameters=[TOKEN],
        request=None,
        responses={201: TrackedOrderSerializer},
        operation_id="store_order_retry",
    )
    @action(detail=False, methods=["post"], url_path=f"orders/(?P<token>{TOKEN_PATTERN})/retry")
    def retry(self, request: Request, store: str, token: str) -> Response:
        """Try an order again that was not paid in time: a new one at today's prices, once."""
        attempt = retry_order(self.actor, order_id=self._get_order(token).pk, key=self.key)
        return self._answer_order(attempt.public_token, created=True)

    def _answer_order(self, token: str, *, created: bool = False) -> Response:
        order = self._get_order(token)
        order.view = tracking_view(order)  # type: ignore[attr-defined]
        return self.answer(order, created=created, serializer_class=TrackedOrderSerializer)

    def _answer_cart(self, cart: Cart | None, *, created: bool = False) -> Response:
        return self.answer(cart_view(cart), created=created, serializer_class=CartSerializer)

    def _get_cart_id(self, *, submitted_too: bool = False) -> UUID:
        cart = find_cart(self.cart_token)
        if cart is not None:
            return cart.pk
        # The answer to the first submission may have been lost: the second must find what it made.
        checkout = find_checkout_of_cart(self.cart_token) if submitted_too else None
        if checkout is None:
            raise NotFound(_("This cart is not open any more."), code="cart_not_found")
        return checkout.cart_id

    def _find_page(self, payment_id: str | None) -> str | None:
        """The payment company's page. Its silence must not lose the order: the caller asks again later."""
        try:
            return start_attempt(self.actor, payment_id=UUID(payment_id)).url if payment_id else None
        except DomainError:
            return None

    def _get_card(self, code: str) -> UUID:
        note_guess(caller_of(self.request).network)
        account = find_by_code(code)
        if account is None or (problem := why_not(account)):
            message = problem if account is not None else _("We do not know this gift card.")
            raise InvalidInput(message, code="card_not_good", fields={"credit_codes": [message]})
        return account.pk

    def _get_order(self, token: str) -> Order:
        order = find_order_by_token(token)
        if order is None:
            raise NotFound()
        return order
