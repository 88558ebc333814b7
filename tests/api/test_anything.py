"""Whatever the document allows, and what it does not: no fault of ours, and answers as the document says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.platform.api.schema import ApiSchemaGenerator
from apps.platform.businesses.models import Business
from monidesk.wsgi import application
from tests.factories.goods import make_product
from tests.factories.orders import make_order

from .world import PASSWORD, Caller

pytestmark = pytest.mark.django_db
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8  # of each operation; there are about two hundred
HALVES = 2


@contextmanager
def one_connection() -> Iterator[None]:
    """Requests through the real WSGI door keep the test's connection and so its transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def ask_much(operation: Any, headers: dict[str, str]) -> None:
    """Some requests that the document allows, and some that it does not."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if case.path_parameters and "store" in case.path_parameters:
            case.path_parameters["store"] = "harbour"
        if case.headers is not None:
            case.headers.pop("X-Business", None)  # the token names the business; another one is always 404
        with transaction.atomic():
            response = case.call(headers=headers)
            transaction.set_rollback(True)
        case.validate_response(response, checks=CHECKS)

    ask()


@pytest.mark.parametrize("half", range(HALVES))
def test_no_operation_breaks(shop: Business, anybody: Caller, half: int) -> None:
    make_product(shop, stock=5)
    make_order(shop, paid=True)
    signed_in = anybody.post("auth/token/", {"email": "owner@harbour.example", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed_in['Access-Token']}"}
    document = ApiSchemaGenerator().get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    with one_connection():
        operations = list(schema.get_all_operations())[half::HALVES]
        for result in operations:
            ask_much(result.ok(), headers)
    assert len(operations) >= 80
