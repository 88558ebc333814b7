"""A business with its people, and a client that speaks for one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Business, Membership, Role
from apps.platform.businesses.services import create_business

PASSWORD = "correct horse battery staple"
V1 = "/api/v1/"


def make_user(email: str, name: str = "") -> User:
    return User.objects.create_user(email, PASSWORD, display_name=name)


def open_business(slug: str, *, owner: User | None = None, **fields: Any) -> Business:
    """A business made as sign-up makes it: shipped roles, owner, main shop."""
    settings = {"name": slug.title(), "country": "GB", "currency": "GBP", **fields}
    person = owner or make_user(f"owner@{slug}.example")
    return create_business(Actor.system("test", None), owner=person, slug=slug, **settings)


def join(business: Business, role: str, email: str = "") -> User:
    """A new person with one of the shipped roles."""
    user = make_user(email or f"{role}@{business.slug}.example")
    with tenancy.bind(business.pk):
        Membership.objects.create(user=user, role=Role.objects.get(code=role))
    return user


@dataclass
class Caller:
    """Sends JSON as one person, by session with the CSRF check on, or by token."""

    business: Business | None = None
    user: User | None = None
    token: str = ""
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def __post_init__(self) -> None:
        if self.user is not None and not self.token:
            self.client.force_login(self.user)

    def headers(self, extra: dict[str, str]) -> dict[str, str]:
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if self.business is not None and not self.token and self.user is not None:
            given["X-Business"] = self.business.slug
        return {**given, **extra}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        address = path if path.startswith(("/", "http")) else V1 + path
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kwargs: dict[str, Any] = {"headers": self.headers(named)}
        if body is not None:
            raw = isinstance(body, str | bytes)
            kwargs |= {"data": body if raw else json.dumps(body), "content_type": "application/json"}
        return self.client.generic(
            method, address, kwargs.pop("data", ""), kwargs.pop("content_type", "application/json"), **kwargs
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)


def is_problem(response: Any, status: int, code: str = "") -> dict[str, Any]:
    """The problem document of a refusal, checked for the members everybody may count on."""
    assert response.status_code == status, (response.status_code, response.content[:500])
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == status
    for name in ("type", "title", "detail", "code", "instance", "request_id"):
        assert body[name], (name, body)
    if code:
        assert body["code"] == code, body
    return body
