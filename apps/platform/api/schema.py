"""The OpenAPI document: keys, problems and ways of signing in, said once for all operations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from apps.kernel import tenancy

from .codes import as_table
from .permissions import MEMBER, PUBLIC, permission_of

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457: what happened, what was kept, what to do.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "example": "urn:monidesk:problem:out_of_stock"},
        "title": {"type": "string"},
        "status": {"type": "integer", "example": 409},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "description": "Stable, for programs.", "example": "out_of_stock"},
        "errors": {
            "type": "object",
            "description": "By field; a nested one is written `lines.0.quantity`.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "facts": {"type": "object", "additionalProperties": True},
        "kept": {"type": "string"},
        "remedy": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
REASONS = {
    "400": "What was sent cannot be meant.",
    "401": "Nobody is signed in, or the token has ended.",
    "403": "The role does not allow it.",
    "404": "Absent, or another business's.",
    "405": "The address does not take this method.",
    "409": "The present state does not allow it.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The idempotency key was used for another request.",
    "429": "Too many requests; wait as Retry-After says.",
    "503": "Somebody else holds what is needed; try again.",
}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "apps.platform.api.identity.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        said = "The access token of a person (JWT), or the secret of an API key (`md_live_…`)."
        return {"type": "http", "scheme": "bearer", "description": said}


class AmountFieldSchema(OpenApiSerializerFieldExtension):
    target_class = "apps.platform.api.fields.AmountField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        text = {"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,4})?$", "example": "12.50"}
        if direction == "response":
            return text
        return {"type": "string", "pattern": r"^\d{1,15}(\.\d{1,4})?$", "example": "12.50"}


class CurrencyFieldSchema(OpenApiSerializerFieldExtension):
    target_class = "apps.platform.api.fields.CurrencyField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[A-Z]{3}$", "example": "GBP"}


class ApiSchema(AutoSchema):
    """Adds to each operation what the base view adds to each request."""

    def get_override_parameters(self) -> list[Any]:
        parameters = list(super().get_override_parameters())
        if self.method == "POST" and hasattr(self.view, "keys_required"):
            parameters.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    str,
                    OpenApiParameter.HEADER,
                    required=getattr(self.view, "action", "") in self.view.keys_required,
                    description="A new UUID for each thing you mean; the same one when you try again.",
                )
            )
        if "{store}" in self.path:
            parameters.append(
                OpenApiParameter(
                    "store", str, OpenApiParameter.PATH, description="Store address of the business."
                )
            )
        if self.get_auth():
            parameters.append(
                OpenApiParameter(
                    "X-Business",
                    str,
                    OpenApiParameter.HEADER,
                    description="Store address or id of the business, when signed in by session.",
                )
            )
        return parameters

    def get_description(self) -> str:  # type: ignore[override]
        text = super().get_description()
        needed = permission_of(self.view, getattr(self.view, "action", "") or self.method.lower())
        if needed == MEMBER:
            return f"{text}\n\nFor people who are signed in, not for API keys.".strip()
        if needed and needed != PUBLIC:
            return f"{text}\n\nPermission: `{needed}`.".strip()
        return str(text)

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)  # type: ignore[no-untyped-call, arg-type]
        for status in self._statuses():
            bodies.setdefault(
                status,
                {
                    "description": REASONS[status],
                    "content": {
                        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                    },
                },
            )
        return bodies

    def _statuses(self) -> list[str]:
        statuses = ["400", "404", "405", "429", "503"]
        if self.get_auth() or "auth" in self.get_tags():
            statuses += ["401", "403"]
        if self.method in {"POST", "PATCH", "PUT"}:
            statuses += ["409", "413", "415", "422"]
        return sorted(statuses)


def add_problem(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Put the problem document among the components, and the table of codes into the introduction."""
    info = result.setdefault("info", {})
    info["description"] = f"{info.get('description', '')}\n\n## Codes of refusals\n\n{as_table()}"
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    return result


class ApiSchemaGenerator(SchemaGenerator):
    """Looks at querysets without a caller: bound to nobody, so that it may ask for them and find no row."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        with tenancy.bind(UUID(int=0)):
            return super().get_schema(request=request, public=public)  # type: ignore[no-untyped-call]
