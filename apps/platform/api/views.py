"""The base of every endpoint: who calls, the tenant for the length of the call, keys, answers."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import serializers, status, viewsets
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.kernel import idempotency, tenancy, trace
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import find_business_by_slug

from .identity import find_caller
from .permissions import ServicePermission
from .throttles import CallerThrottle, StoreThrottle, rate_headers

KEY_HEADER = "Idempotency-Key"
REPLAY_HEADER = "Idempotent-Replay"
UUID_PATTERN = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


class ServiceViewSet(viewsets.GenericViewSet[Any]):
    """Translates requests to services. Subclasses say whose rows they are about."""

    permissions: ClassVar[dict[str, str]] = {}
    # Actions that move money: doing them twice by accident costs somebody something.
    keys_required: ClassVar[frozenset[str]] = frozenset()
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {"-id": ("-id",), "id": ("id",)}
    # Serializers by action; `read_serializer_class` renders what a write returns.
    input_classes: ClassVar[dict[str, type[serializers.BaseSerializer[Any]]]] = {}
    lookup_value_regex = UUID_PATTERN
    permission_classes = [ServicePermission]

    model: ClassVar[type[Model] | None] = None

    # Set where more services follow the one the key was for; else the last one's answer counts.
    replayed: bool | None = None
    http_method_names = ["get", "post", "patch", "put", "delete", "head"]

    actor: Actor
    business: Business

    def rows(self) -> QuerySet[Any]:
        """What the list shows and the addresses find; asked after the tenant is bound."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False) and self.model is not None:
            return self.model._base_manager.none()
        return self.rows()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Bound here and not in a middleware: only this door reads the token that says which tenant is meant.
        with ExitStack() as self._bindings:
            return super().dispatch(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        idempotency.forget_replay()
        self.actor, self.business = self.identify(request)
        trace.note_actor(self.actor)
        request.actor = self.actor  # type: ignore[attr-defined]
        request.business = self.business  # type: ignore[attr-defined]
        self._bindings.enter_context(tenancy.bind(self.business.pk, self.actor.limit))

    def identify(self, request: Request) -> tuple[Actor, Business]:
        """The caller and the business whose rows are meant."""
        raise NotImplementedError

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action in self.keys_required and self.key is None:
            raise InvalidInput(
                _("This action moves money and needs an idempotency key."),
                code="idempotency_key_required",
                remedy=_(
                    "Send a header Idempotency-Key with a new UUID, and the same one when you try again."
                ),
            )

    @property
    def key(self) -> str | None:
        """The caller's idempotency key, for the service."""
        return self.request.headers.get(KEY_HEADER) or None

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        business = getattr(self, "business", None)
        return {**context, "business": business, "currency": business.currency if business else ""}

    def read_input(self, *, partial: bool = False) -> dict[str, Any]:
        """The validated body of this action."""
        name = self.action or ""
        serializer = self.input_classes[name](
            data=self.request.data, partial=partial, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def get_row(self) -> Any:
        """The row the address names, among those the list could show."""
        row = self.get_queryset().filter(pk=UUID(self.kwargs["pk"])).first()
        if row is None:
            raise NotFound()
        return row

    @property
    def row_id(self) -> UUID:
        """The id the address names."""
        return UUID(self.kwargs["pk"])

    def answer(self, row: Any, *, created: bool = False, serializer_class: Any = None) -> Response:
        """The row, after a read or a write."""
        kind = serializer_class or self.get_serializer_class()
        data = kind(row, context=self.get_serializer_context()).data
        return Response(data, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        for name, value in rate_headers(request):
            response.headers.setdefault(name, value)
        replayed = idempotency.was_replayed() if self.replayed is None else self.replayed
        if request.method == "POST" and request.headers.get(KEY_HEADER) and replayed:
            response[REPLAY_HEADER] = "true"
        return response


class TenantViewSet(ServiceViewSet):
    """Rows of the caller's business."""

    throttle_classes = [CallerThrottle]

    def identify(self, request: Request) -> tuple[Actor, Business]:
        if not request.user or not request.user.is_authenticated:
            raise NotAuthenticated
        return find_caller(request)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of rows."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


class StoreViewSet(ServiceViewSet):
    """What visitors of a store may do, without signing in. No cookie is read, so no CSRF token is needed."""

    authentication_classes = []
    throttle_classes = [StoreThrottle]

    def identify(self, request: Request) -> tuple[Actor, Business]:
        business = find_business_by_slug(self.kwargs["store"])
        if business is None:
            raise NotFound()
        ip = request.META.get("REMOTE_ADDR", "")
        return Actor.guest(business.pk, request_id=getattr(request, "request_id", ""), ip=ip), business
