"""Links to a checkout for programs, and signed marks of where a buyer comes from."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.platform.api.fields import QuantityField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.selling.checkout import policies, services
from apps.selling.checkout.attribution import LONGEST_WORD, sign_attribution
from apps.selling.checkout.models import MAX_QUANTITY, CheckoutLink


class AttributionInput(StrictSerializer):
    source = serializers.CharField(max_length=LONGEST_WORD, required=False)  # type: ignore[assignment]
    medium = serializers.CharField(max_length=LONGEST_WORD, required=False)
    campaign = serializers.CharField(max_length=LONGEST_WORD, required=False)
    partner = serializers.CharField(max_length=LONGEST_WORD, required=False)


class LinkLine(StrictSerializer):
    variant_id = serializers.UUIDField()
    quantity = QuantityField(max_value=MAX_QUANTITY)


class NewLink(StrictSerializer):
    lines = LinkLine(many=True, max_length=100)  # type: ignore[call-arg]
    name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    codes = serializers.ListField(child=serializers.CharField(max_length=40), max_length=5, required=False)
    attribution = AttributionInput(required=False)
    expires_at = serializers.DateTimeField(required=False)
    most_uses = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)


class MarkInput(AttributionInput):
    expires_at = serializers.DateTimeField(required=False, help_text="Left out: in 90 days; 400 at most.")


class MarkSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Add it to any address of the store as `?via=`.")


class LinkSerializer(RowSerializer):
    url = serializers.SerializerMethodField(help_text="Send it to the buyer.")
    works = serializers.SerializerMethodField()

    class Meta:
        model = CheckoutLink
        fields: ClassVar[list[str]] = [
            "id", "name", "url", "works", "lines", "codes", "attribution", "expires_at", "most_uses", "uses",
            "ended_at", "created_at",
        ]  # fmt: skip

    def get_url(self, link: CheckoutLink) -> str:
        return (
            f"{settings.PUBLIC_BASE_URL.rstrip('/')}/store/{self.context['business'].slug}/buy/{link.token}/"
        )

    def get_works(self, link: CheckoutLink) -> bool:
        from apps.kernel import clock

        return link.works_at(clock.now())


@extend_schema(tags=["checkout"])
class CheckoutLinkViewSet(TenantViewSet):
    """Addresses that open a checkout with goods in it."""

    model = CheckoutLink
    permissions = {
        "list": policies.READ, "retrieve": policies.READ, "create": policies.LINK, "end": policies.LINK,
        "mark": policies.LINK,
    }  # fmt: skip
    input_classes = {"create": NewLink, "mark": MarkInput}
    serializer_class = LinkSerializer
    orderings = {"-created_at": ("-created_at", "-id"), "created_at": ("created_at", "id")}

    def rows(self) -> QuerySet[Any]:
        return CheckoutLink.objects.all()

    @extend_schema(request=NewLink, responses={201: LinkSerializer})
    def create(self, request: Request) -> Response:
        """Make a link."""
        given = self.read_input()
        lines = [(line["variant_id"], line["quantity"]) for line in given.pop("lines")]
        return self.answer(services.make_link(self.actor, lines=lines, **given, key=self.key), created=True)

    @extend_schema(request=None, responses=LinkSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """End a link."""
        return self.answer(services.end_link(self.actor, link_id=self.row_id))

    @extend_schema(request=MarkInput, responses=MarkSerializer)
    @action(detail=False, methods=["post"])
    def mark(self, request: Request) -> Response:
        """Sign a mark of where a buyer comes from, for an advertisement or a partner; nothing is stored."""
        given = self.read_input()
        token = sign_attribution(given, expires_at=given.pop("expires_at", None))
        return Response(MarkSerializer({"token": token}).data)
